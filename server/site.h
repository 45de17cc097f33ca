// Site: what a server answers to a request, without the network: a method, a target and a few
// header fields become a status, header fields and the bytes to send. docs/serving.md lists what
// there is. Any thread.
//
//   Site site(collection, store, disk, {.for_this_machine = true});
//   Answer answer = site.Reply({.method = "GET", .target = "/cas/f37072fd..."});
//   answer.status  // 200: answer.length bytes of answer.file, from answer.offset on
#ifndef ZOO_SERVER_SITE_H_
#define ZOO_SERVER_SITE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/result.h"
#include "zoo/cache/disk.h"
#include "zoo/cache/store.h"
#include "zoo/registry/entry.h"
#include "zoo/server/blob_files.h"
#include "zoo/server/collection.h"
#include "zoo/server/conditions.h"
#include "zoo/server/route.h"

namespace zoo {

struct Request {
  std::string_view method;
  std::string_view target;  // as it stands in the request, with its query
  std::string_view host;    // the Host field
  bool has_body = false;
  Conditions conditions;
};

struct Answer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  // The body is a part of one of these two; of neither if it is empty.
  UniqueFd file;
  std::shared_ptr<const std::string> text;
  uint64_t offset = 0, length = 0;
};

class Site {
 public:
  struct Options {
    // Only programs of this machine can reach the server: then a request that was made for another
    // host's name is a browser that was deceived, and is refused.
    bool for_this_machine = false;
  };

  // All three must outlive it.
  Site(const Collection& collection, const Store& store, Disk& disk, Options options)
      : collection_(collection), store_(store), files_(store, disk), options_(options) {}

  // To HEAD the answer is that to GET; who sends it leaves out the body.
  Answer Reply(const Request& request);

 private:
  Answer Page(const Request& request, const Route& route);
  Answer Index(const Request& request, const Route& route);
  Answer Blob(const Request& request, const Route& route);
  Answer Weights(const Request& request, const Route& route);
  Answer Path(const Request& request, const Route& route);
  // The file of one of the entries, the first that is in the cache.
  Answer FileOf(const Request& request, const std::vector<const Entry*>& entries);

  const Collection& collection_;
  const Store& store_;
  BlobFiles files_;
  const Options options_;
};

}  // namespace zoo

#endif  // ZOO_SERVER_SITE_H_

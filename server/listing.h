// Listing: what a server has at this moment, as its page and the page's JSON twin show it. A value.
//
//   ZOO_ASSIGN_OR_RETURN(Listing listing, MakeListing(collection, store));
//   PageOf(listing);  // HTML
#ifndef ZOO_SERVER_LISTING_H_
#define ZOO_SERVER_LISTING_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cache/store.h"
#include "zoo/server/collection.h"

namespace zoo {

struct Listing {
  struct File {
    std::vector<std::string>
        names;         // "builtin/resnet18:IMAGENET1K_V1"; none if no registry knows it
    std::string file;  // as published; from outside, not fit to be printed
    uint64_t size = 0;
    Digest digest;
  };
  struct OneRegistry {
    std::string alias, path;
    uint64_t version = 0;
    size_t entries = 0;
    bool is_signed = false;
  };
  std::vector<File> files;  // by name, then by file
  std::vector<OneRegistry> registries;
};

// Of the blobs that are in the cache now.
Result<Listing> MakeListing(const Collection& collection, const Store& store);

// Under which paths weights and blobs are answered.
std::string WeightsPath(const std::string& name);
std::string BlobPath(const Digest& digest);

// An HTML page with nothing in it that comes from elsewhere or runs.
std::string PageOf(const Listing& listing);
// The document zoo/served/1.
Json ToJson(const Listing& listing);

}  // namespace zoo

#endif  // ZOO_SERVER_LISTING_H_

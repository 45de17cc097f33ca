// A command carried out within a test: its exit code and what it printed.
//
//   const Ran ran = RunCommand(DefineRun, {"net", "--input", input}, {.json = true});
//   EXPECT_EQ(ran.code, 0) << ran.err;
#ifndef ZOO_CLI_RAN_H_
#define ZOO_CLI_RAN_H_

#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/base/json.h"
#include "zoo/cli/command.h"
#include "zoo/cli/context.h"

namespace zoo::cli {

struct Ran {
  int code = 0;
  std::string out, err;

  // Standard output as the JSON document that it must be.
  Json json() const;
  // The last line of standard error, where the error is.
  std::string LastError() const;
};

Ran RunCommand(Runner (*define)(CLI::App&), std::vector<std::string> arguments,
               const CommonOptions& options, CancelToken cancel = CancelToken());

}  // namespace zoo::cli

#endif  // ZOO_CLI_RAN_H_

// zoo-run: what zoo is, with the commands that need LibTorch.
#include <unistd.h>

#include <cstdio>

#include "zoo/cli/command.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/framework.h"

int main(int argc, char** argv) {
  using namespace zoo::cli;
  const auto commands = CommandsWith({{"classify", DefineClassify},
                                      {"run", DefineRun},
                                      {"check", DefineCheck},
                                      {"publish", DefinePublish}});
  const int code = Main(argc, argv, commands, ProgramKind::kZooRun);
  // Nothing is left to be saved, and LibTorch's own farewell takes a tenth of a second.
  std::fflush(nullptr);
  _exit(code);
}

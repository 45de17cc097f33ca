#include "zoo/cli/command.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/framework.h"

int main(int argc, char** argv) {
  return zoo::cli::Main(argc, argv, zoo::cli::Commands(), zoo::cli::ProgramKind::kZoo);
}

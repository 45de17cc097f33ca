#include "zoo/cli/completion.h"

#include <algorithm>
#include <iterator>

#include "zoo/cli/completion_bash.h"
#include "zoo/cli/completion_fish.h"
#include "zoo/cli/completion_zsh.h"

namespace zoo::cli {
namespace {

constexpr ShellCompletion kShells[] = {
    {"bash", FormatBash}, {"zsh", FormatZsh}, {"fish", FormatFish}};

}  // namespace

const ShellCompletion* FindShell(std::string_view shell) {
  auto row = std::ranges::find(kShells, shell, &ShellCompletion::shell);
  return row == std::end(kShells) ? nullptr : &*row;
}

}  // namespace zoo::cli

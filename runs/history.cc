#include "zoo/runs/history.h"

#include <algorithm>

#include "zoo/base/new_file.h"
#include "zoo/checkpoint/pickle_text.h"

namespace zoo {
namespace {

constexpr size_t kLongestName = 255;  // of a file, on the usual file systems

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string_view BetterName(Better better) { return better == Better::kLower ? "lower" : "higher"; }

const EpochRecord* RunHistory::Find(std::optional<int64_t> epoch) const {
  if (!epoch) return nullptr;
  auto found = std::ranges::lower_bound(epochs, *epoch, {}, &EpochRecord::epoch);
  return found != epochs.end() && found->epoch == *epoch ? &*found : nullptr;
}

bool IsCheckpointName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestName && name[0] != '.' &&
         name.find('/') == std::string_view::npos && std::ranges::none_of(name, IsControl) &&
         IsUtf8(name, false) && name != kRunHistoryFile && !NewFile::NameOfPartial(name);
}

}  // namespace zoo

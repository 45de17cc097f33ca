#include "zoo/loader/torch_error.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <new>

#include "zoo/base/text.h"

namespace zoo {
namespace {

constexpr size_t kMaxText = 300;

}  // namespace

Status CatchTorch(std::string_view doing, const std::function<void()>& work) {
  try {
    work();
    return {};
  } catch (const c10::Error& error) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{}: {}", doing, Escape(error.what_without_backtrace(), kMaxText)),
                 ""};
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kUnsupported, fmt::format("{}: not enough memory", doing), ""};
  }
}

}  // namespace zoo

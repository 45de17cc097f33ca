// Errors and results. Core rooms throw nothing: what can fail returns Result<T>, the shape of
// std::expected. Programs that live with exceptions call value(), which throws zoo::Failure.
//
//   Result<Entry> entry = registry.Find(name);
//   if (!entry) return entry.error();
//   Use(*entry);
//
// Values only: safe to use from any thread as far as T is.
#ifndef ZOO_BASE_RESULT_H_
#define ZOO_BASE_RESULT_H_

#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace zoo {

// A code exists only if a caller acts differently on it. The values are the exit codes of `zoo`.
enum class ErrorCode {
  kUsage = 2,        // the request itself is wrong
  kNotFound = 3,     // no such name or file; also: offline and not cached
  kNetwork = 4,      // no source could deliver it now
  kDisk = 5,         // this machine's storage refused
  kCorrupt = 6,      // bytes are not what they must be
  kUnsupported = 7,  // understood, but this program or machine cannot do it
  kMismatch = 8,     // two things that must agree do not
  kCancelled = 9,    // the caller asked to stop
};

// "usage", "not_found", ...: the spelling of the --json output.
std::string_view ErrorCodeName(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kUsage;
  std::string message;  // what failed, on which thing, and the two values that differ
  std::string hint;     // what to do about it; may be empty

  // "message; hint"
  std::string Text() const { return hint.empty() ? message : message + "; " + hint; }
  bool operator==(const Error&) const = default;
};

// What Result::value() throws.
class Failure : public std::runtime_error {
 public:
  explicit Failure(Error error) : std::runtime_error(error.Text()), error_(std::move(error)) {}
  const Error& error() const { return error_; }

 private:
  Error error_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  // The value, or a Failure thrown.
  T& value() & { return Checked(), std::get<0>(state_); }
  const T& value() const& { return Checked(), std::get<0>(state_); }
  T&& value() && { return Checked(), std::get<0>(std::move(state_)); }

  // REQUIRES: has_value(); a bug otherwise, and bugs abort.
  T& operator*() & { return Sure(), *std::get_if<0>(&state_); }
  const T& operator*() const& { return Sure(), *std::get_if<0>(&state_); }
  T&& operator*() && { return Sure(), std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return Sure(), std::get_if<0>(&state_); }
  const T* operator->() const { return Sure(), std::get_if<0>(&state_); }

  // REQUIRES: !has_value().
  const Error& error() const& {
    if (has_value()) std::abort();
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    if (has_value()) std::abort();
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  void Checked() const {
    if (!has_value()) throw Failure(*std::get_if<1>(&state_));
  }
  void Sure() const {
    if (!has_value()) std::abort();
  }

  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;

  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  void value() const {
    if (error_) throw Failure(*error_);
  }
  // REQUIRES: !has_value().
  const Error& error() const& {
    if (!error_) std::abort();
    return *error_;
  }
  Error&& error() && {
    if (!error_) std::abort();
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

// Success, or why not.
using Status = Result<void>;

}  // namespace zoo

// Returns the error of `expr` (a Result or Status) from the enclosing function, if it has one.
#define ZOO_RETURN_IF_ERROR(expr)                                                    \
  do {                                                                               \
    if (auto zoo_status = (expr); !zoo_status) return std::move(zoo_status).error(); \
  } while (false)

// ZOO_ASSIGN_OR_RETURN(Entry entry, registry.Find(name)): the value, or return the error.
#define ZOO_ASSIGN_OR_RETURN(left, expr) \
  ZOO_ASSIGN_OR_RETURN_(ZOO_JOIN_(zoo_result_, __LINE__), left, expr)
#define ZOO_ASSIGN_OR_RETURN_(result, left, expr) \
  auto result = (expr);                           \
  if (!result) return std::move(result).error();  \
  left = *std::move(result)
#define ZOO_JOIN_(a, b) ZOO_JOIN2_(a, b)
#define ZOO_JOIN2_(a, b) a##b

#endif  // ZOO_BASE_RESULT_H_

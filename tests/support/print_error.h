// How GoogleTest shows an Error: "corrupt: message; hint".
#ifndef ZOO_TESTS_SUPPORT_PRINT_ERROR_H_
#define ZOO_TESTS_SUPPORT_PRINT_ERROR_H_

#include <ostream>

#include "zoo/base/result.h"

namespace zoo {

inline void PrintTo(const Error& error, std::ostream* out) {
  *out << ErrorCodeName(error.code) << ": " << error.Text();
}

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_PRINT_ERROR_H_

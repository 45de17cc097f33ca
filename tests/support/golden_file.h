// Files of expected values under tests/data, as tests read them. A test that asks for what is not
// there is wrong: it ends with a message instead of going on.
#ifndef ZOO_TESTS_SUPPORT_GOLDEN_FILE_H_
#define ZOO_TESTS_SUPPORT_GOLDEN_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "zoo/base/json.h"

namespace zoo {

// The JSON document at that path from the root of the tree.
Json ReadGoldenFile(const std::string& path);

// The member at that path of names: At(record, {"lite0", "blocks"}).
const Json& At(const Json& json, std::initializer_list<std::string_view> names);

std::vector<double> Doubles(const Json& array);
std::vector<int64_t> Ints(const Json& array);
const std::string& Text(const Json& string);

}  // namespace zoo

#endif  // ZOO_TESTS_SUPPORT_GOLDEN_FILE_H_

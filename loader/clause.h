// A list as messages give it. Pure; any thread.
#ifndef ZOO_LOADER_CLAUSE_H_
#define ZOO_LOADER_CLAUSE_H_

#include <string>
#include <string_view>
#include <vector>

namespace zoo {

// "missing a, b, c"; of more than five items the first three: "missing a, b, c and 57 more".
std::string Clause(std::string_view what, const std::vector<std::string>& items);

}  // namespace zoo

#endif  // ZOO_LOADER_CLAUSE_H_

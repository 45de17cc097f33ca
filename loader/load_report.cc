#include "zoo/loader/load_report.h"

#include "zoo/base/text.h"
#include "zoo/loader/clause.h"

namespace zoo {

std::string LeftOutText(const LoadReport& report) {
  std::vector<std::string> items = report.left_out;
  for (const std::string& name : report.missing) items.push_back(name + " (not in the file)");
  for (const std::string& name : report.unexpected) {
    items.push_back(Escape(name) + " (not in the module)");
  }
  return items.empty() ? "" : Clause("left out:", items);
}

}  // namespace zoo

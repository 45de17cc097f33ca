#include "zoo/loader/misfit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "zoo/base/text.h"
#include "zoo/loader/clause.h"

namespace zoo {
namespace {

void AddClause(std::vector<std::string>& clauses, std::string_view what,
               const std::vector<std::string>& items) {
  if (!items.empty()) clauses.push_back(Clause(what, items));
}

std::vector<std::string> Escaped(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) out.push_back(Escape(name));
  return out;
}

std::vector<std::string> Described(const std::vector<Misfit::Difference>& differences) {
  std::vector<std::string> out;
  for (const Misfit::Difference& it : differences) out.push_back(DifferenceText(it));
  return out;
}

}  // namespace

size_t Misfit::count() const {
  return missing.size() + unexpected.size() + wrong_shape.size() + wrong_dtype.size() +
         unsupported.size();
}

std::string DifferenceText(const Misfit::Difference& it) {
  if (it.module.empty()) return fmt::format("{} ({})", Escape(it.name), Escape(it.file));
  return fmt::format("{} (file {}, module {})", Escape(it.name), it.file, it.module);
}

Error MisfitError(const Misfit& misfit, const std::string& file, const std::string& module) {
  std::vector<std::string> clauses;
  AddClause(clauses, "missing", Escaped(misfit.missing));
  AddClause(clauses, "unexpected", Escaped(misfit.unexpected));
  AddClause(clauses, "wrong shape", Described(misfit.wrong_shape));
  AddClause(clauses, "wrong dtype", Described(misfit.wrong_dtype));
  AddClause(clauses, "unsupported tensor", Described(misfit.unsupported));
  return Error{ErrorCode::kMismatch,
               fmt::format("{} does not fit {}: {}{}{}", file, module, fmt::join(clauses, "; "),
                           misfit.hint.empty() ? "" : ". ", misfit.hint),
               ""};
}

}  // namespace zoo

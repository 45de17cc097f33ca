#include "zoo/cli/check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "zoo/base/text.h"

namespace zoo::cli {
namespace {

// "lab/digits, photo x.png"
std::string Title(const Checked& checked) {
  return checked.input.empty() ? checked.name : fmt::format("{}, {}", checked.name, checked.input);
}

Json::Object Numbers(const Checked& checked, double seconds) {
  Json::Object numbers{{"difference", checked.outcome.difference},
                       {"tolerance", checked.tolerance},
                       {"seconds", seconds}};
  if (!checked.input.empty()) numbers.emplace_back("input", checked.input);
  return numbers;
}

}  // namespace

CheckReport::CheckReport(Context& context, const std::vector<std::string>& names)
    : context_(context), all_(names.size()) {
  for (const std::string& name : names) width_ = std::max(width_, DisplayWidth(Escape(name)));
}

bool CheckReport::Begin(const std::string& name) {
  if (context_.cancel().cancelled()) {
    stopped_ = true;
    if (exit_code_ == 0) exit_code_ = static_cast<int>(ErrorCode::kCancelled);
    return false;
  }
  ++begun_;
  if (all_ > 1 && !context_.options().quiet) {
    context_.terminal().StatusLine(fmt::format("{} of {}: {}", begun_, all_, Escape(name)));
  }
  began_ = std::chrono::steady_clock::now();
  return true;
}

void CheckReport::Add(const std::string& name, const Result<Checked>& result) {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
  began_ = std::chrono::steady_clock::now();
  context_.terminal().ClearStatus();
  if (!result) {
    Failed(name, result.error(), {});
  } else if (result->outcome.passed()) {
    Passed(*result, seconds);
  } else {
    Differs(*result, seconds);
  }
}

void CheckReport::LeaveOut(const std::string& name) { left_out_.emplace_back(name); }

std::string CheckReport::Line(const Checked& checked, const char* verdict, double seconds) const {
  const std::string name = Escape(Title(checked));
  const size_t width = std::max(width_, DisplayWidth(name));
  return fmt::format("{}{:{}}  {}  difference {:.1e}, tolerance {:.1e}, {:.1f} s\n", name, "",
                     width - DisplayWidth(name), verdict, checked.outcome.difference,
                     checked.tolerance, seconds);
}

void CheckReport::Passed(const Checked& checked, double seconds) {
  Json::Object row{{"name", checked.name}};
  for (auto& number : Numbers(checked, seconds)) row.push_back(std::move(number));
  passed_.emplace_back(std::move(row));
  if (!context_.json()) context_.Print(Line(checked, "pass", seconds));
}

void CheckReport::Differs(const Checked& checked, double seconds) {
  if (!context_.json()) context_.Print(Line(checked, "FAIL", seconds));
  Failed(checked.name,
         Error{ErrorCode::kMismatch,
               fmt::format("{} does not compute what {}: {}", Escape(Title(checked)),
                           checked.against, checked.outcome.text),
               fmt::format("the tolerance is {:g}", checked.tolerance)},
         Numbers(checked, seconds));
}

void CheckReport::Failed(const std::string& name, const Error& error, Json::Object numbers) {
  context_.terminal().ErrLine(fmt::format("zoo: {}", error.Text()));
  Json::Object row{{"name", name},
                   {"code", ErrorCodeName(error.code)},
                   {"message", error.message},
                   {"hint", error.hint}};
  for (auto& number : numbers) row.push_back(std::move(number));
  failed_.emplace_back(std::move(row));
  if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
}

std::string CheckReport::Summary() const {
  std::string text = fmt::format("{} passed, {} failed", passed_.size(), failed_.size());
  if (!left_out_.empty()) text += fmt::format(", {} left out", left_out_.size());
  if (stopped_) text += fmt::format(", stopped after {} of {}", begun_, all_);
  return text + "\n";
}

int CheckReport::Finish() {
  context_.terminal().ClearStatus();
  if (!context_.json()) {
    if (all_ > 1) context_.Print(Summary());
    return exit_code_;
  }
  Json::Object document{
      {"schema", "zoo/check/1"}, {"passed", std::move(passed_)}, {"failed", std::move(failed_)}};
  if (!left_out_.empty()) document.emplace_back("left_out", std::move(left_out_));
  if (stopped_) document.emplace_back("stopped", true);
  context_.PrintJson(document);
  return exit_code_;
}

}  // namespace zoo::cli

// What `zoo check` tells of several checks: a line of each on standard output, what differs on
// standard error, and at the end a summary or the JSON document. One thread.
//
//   CheckReport report(context, names);
//   for (const std::string& name : names) {
//     if (!report.Begin(name)) break;
//     report.Add(name, Check(name));
//   }
//   return report.Finish();
#ifndef ZOO_CLI_CHECK_REPORT_H_
#define ZOO_CLI_CHECK_REPORT_H_

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/models/expected_logits.h"

namespace zoo::cli {

// A check that ran.
struct Checked {
  std::string name;     // in full
  std::string against;  // "its probe says": whose numbers they must be
  models::LogitsOutcome outcome;
  double tolerance = 0;  // on a logit
  std::string input;     // "photo x.png", where the weights are checked on several; else empty
};

class CheckReport {
 public:
  // `names`: all that are to be checked, in the order of Begin.
  CheckReport(Context& context, const std::vector<std::string>& names);

  // Before each check: shows progress on a terminal. False if the user asked to stop; the report
  // then says so.
  bool Begin(const std::string& name);
  // What came of it; once for each input.
  void Add(const std::string& name, const Result<Checked>& result);
  // It was not asked for.
  void LeaveOut(const std::string& name);

  // 0, or the exit code of the first failure. Call it once, last.
  int Finish();

 private:
  void Passed(const Checked& checked, double seconds);
  void Differs(const Checked& checked, double seconds);
  void Failed(const std::string& name, const Error& error, Json::Object numbers);
  std::string Line(const Checked& checked, const char* verdict, double seconds) const;
  std::string Summary() const;

  Context& context_;
  const size_t all_;
  size_t width_ = 0;  // of the longest name
  size_t begun_ = 0;
  std::chrono::steady_clock::time_point began_;
  Json::Array passed_, failed_, left_out_;
  int exit_code_ = 0;
  bool stopped_ = false;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_CHECK_REPORT_H_

// zoo verify [NAME or FILE]...: names are hashed again, files are read and checked, and without
// arguments the whole cache is hashed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/json.h"
#include "zoo/base/text.h"
#include "zoo/checkpoint/verify_file.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/cli/interrupt.h"
#include "zoo/cli/limit_option.h"
#include "zoo/fetcher/pull.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::vector<std::string> what, limits;
  VerifyFileOptions file;
};

// "resnet18:V1  44.7 MiB  sha256 f37072fd47e8...  verified, cached" of a blob, "x.pth  3.8 KiB zip,
// 9 tensors  ok" of a file.
std::string Line(const Json& row) {
  std::string line = fmt::format("{}  {}", Escape(*row.Find("name")->AsString(), 1000),
                                 FormatSize(*row.Find("size")->AsUint64()));
  if (const Json* sha256 = row.Find("sha256")) {
    return fmt::format("{}  sha256 {}...  verified, cached\n", line,
                       sha256->AsString()->substr(0, 12));
  }
  return fmt::format("{}  {}, {}  ok\n", line, *row.Find("format")->AsString(),
                     Count(*row.Find("tensors")->AsUint64(), "tensor"));
}

// All are tried; the exit code is the first failure's.
class Report {
 public:
  explicit Report(Context& context) : context_(context) {}

  void Add(const std::string& name, Result<Json::Object> result) {
    Json::Object row{{"name", name}};
    if (result) {
      for (auto& member : *result) row.push_back(std::move(member));
      verified_.emplace_back(std::move(row));
      if (!context_.json()) context_.Print(Line(verified_.back()));
      return;
    }
    const Error& error = result.error();
    if (exit_code_ == 0) exit_code_ = static_cast<int>(error.code);
    row.emplace_back("code", ErrorCodeName(error.code));
    row.emplace_back("message", error.message);
    row.emplace_back("hint", error.hint);
    failed_.emplace_back(std::move(row));
    context_.terminal().ErrLine("zoo: " + error.Text());
  }

  int Finish() {
    if (context_.json()) {
      context_.PrintJson(Json::Object{{"schema", "zoo/verify/1"},
                                      {"verified", std::move(verified_)},
                                      {"failed", std::move(failed_)}});
    } else if (verified_.empty() && failed_.empty()) {
      context_.Note("the cache is empty");
    }
    return exit_code_;
  }

 private:
  Context& context_;
  Json::Array verified_, failed_;
  int exit_code_ = 0;
};

Json::Object FileRow(const VerifiedFile& verified) {
  Json::Object row{{"format", FormatName(verified.format)},
                   {"size", verified.size},
                   {"tensors", verified.tensors}};
  if (verified.fingerprint) row.emplace_back("fingerprint", verified.fingerprint->ToString());
  return row;
}

Json::Object BlobRow(const Blob& blob) {
  return {{"path", blob.path().string()}, {"sha256", blob.digest().hex()}, {"size", blob.size()}};
}

Result<Json::Object> VerifyOne(Context& context, const std::string& what,
                               const VerifyFileOptions& options) {
  ZOO_ASSIGN_OR_RETURN(Context::NameOrFile found, context.Resolve(what));
  if (found.file) {
    const EndAtOnce at_once(context.CancelledWords());
    if (context.cancel().cancelled()) return Cancelled();
    ZOO_ASSIGN_OR_RETURN(VerifiedFile verified, VerifyFile(*found.file, options));
    return FileRow(verified);
  }
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(Blob blob, VerifyCached(*found.entry, *store, context.cancel()));
  Json::Object row = BlobRow(blob);
  if (options.fingerprint.empty()) return row;
  ZOO_ASSIGN_OR_RETURN(VerifiedFile verified, VerifyFile(blob.path(), options));
  row.emplace_back("fingerprint", verified.fingerprint->ToString());
  return row;
}

Status VerifyCache(Context& context, Report& report) {
  ZOO_ASSIGN_OR_RETURN(Store * store, context.OpenStore());
  ZOO_ASSIGN_OR_RETURN(std::vector<Store::Item> items, store->List());
  for (const Store::Item& item : items) {
    const std::string& name = item.names.empty() ? item.file : item.names[0];
    const Result<Blob> blob = store->Verify(item.blob.digest(), context.cancel());
    report.Add(name.empty() ? item.blob.digest().ToString() : name,
               blob ? Result<Json::Object>(BlobRow(*blob)) : blob.error());
    if (context.cancel().cancelled()) break;  // what was verified until now is told
  }
  return {};
}

}  // namespace

Runner DefineVerify(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("NAME", arguments->what, "entries or files; the whole cache without any");
  app.add_option("--fingerprint", arguments->file.fingerprint, "that the weights must have")
      ->type_name("FINGERPRINT");
  app.add_option("--key", arguments->file.key, "where the state dict is, if there are several")
      ->type_name("KEY");
  AddLimitOption(app, arguments->limits);
  return [arguments](Context& context) -> Result<int> {
    if (!arguments->file.fingerprint.empty() && arguments->what.size() != 1) {
      return Error{ErrorCode::kUsage, "--fingerprint is that of one name or file", ""};
    }
    ZOO_ASSIGN_OR_RETURN(arguments->file.open.limits, ParseLimits(arguments->limits));
    Report report(context);
    if (arguments->what.empty()) ZOO_RETURN_IF_ERROR(VerifyCache(context, report));
    for (const std::string& what : arguments->what) {
      if (context.cancel().cancelled()) break;
      report.Add(what, VerifyOne(context, what, arguments->file));
    }
    return report.Finish();
  };
}

}  // namespace zoo::cli

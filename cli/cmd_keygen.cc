// zoo keygen -o FILE.pem: a new key pair to sign registries with.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/base/text.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/share/key_file.h"

namespace zoo::cli {
namespace {

Result<int> MakeKey(Context& context, const std::string& output) {
  const SecretKey key = SecretKey::Generate();
  ZOO_ASSIGN_OR_RETURN(KeyFiles files, WriteNewKey(key, output));
  const PublicKey& public_key = key.public_key();
  if (context.json()) {
    context.PrintJson(Json::Object{{"schema", "zoo/keygen/1"},
                                   {"secret_key", files.secret.native()},
                                   {"public_key_file", files.public_key.native()},
                                   {"public_key", public_key.ToString()},
                                   {"key_id", public_key.id.ToString()}});
    return 0;
  }
  context.Print(public_key.ToString() + "\n");
  context.Note(fmt::format("{} is the secret key: keep it to yourself, and a copy of it safe",
                           Escape(files.secret.string(), 1000)));
  context.Note(
      fmt::format("{} is the public key, the line above: give it to those who add your "
                  "registry",
                  Escape(files.public_key.string(), 1000)));
  return 0;
}

}  // namespace

Runner DefineKeygen(CLI::App& app) {
  auto output = std::make_shared<std::string>();
  app.add_option("-o,--output", *output,
                 "the secret key's new file; the public key is written beside it, as .pub")
      ->required()
      ->type_name("FILE");
  return [output](Context& context) { return MakeKey(context, *output); };
}

}  // namespace zoo::cli

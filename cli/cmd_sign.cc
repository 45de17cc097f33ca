// zoo sign FOLDER --key FILE.pem: the signature of a registry folder; with --check, whether it is
// right.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/base/signature.h"
#include "zoo/cli/commands.h"
#include "zoo/cli/context.h"
#include "zoo/share/key_file.h"
#include "zoo/share/sign.h"

namespace zoo::cli {
namespace {

struct Arguments {
  std::string folder, key;
  bool check = false;
  SignOptions sign;
};

void Show(Context& context, const SignedRegistry& registry, const PublicKey& key,
          const Arguments& arguments) {
  const RegistryIdentity& identity = registry.identity;
  if (context.json()) {
    return context.PrintJson(Json::Object{{"schema", "zoo/sign/1"},
                                          {"name", identity.name},
                                          {"version", identity.version},
                                          {"sha256", identity.sha256.hex()},
                                          {"signature", registry.signature.native()},
                                          {"public_key", key.ToString()},
                                          {"checked", arguments.check}});
  }
  const std::string what = fmt::format("{} version {}, sha256 {}", identity.name, identity.version,
                                       identity.sha256.hex());
  if (arguments.check)
    return context.Print(fmt::format("{}: signed by {}\n", what, key.ToString()));
  context.Print(registry.signature.native() + "\n");
  context.Note(fmt::format("signed {} for {}", what, key.ToString()));
}

Result<int> Sign(Context& context, const Arguments& arguments) {
  if (arguments.check) {
    ZOO_ASSIGN_OR_RETURN(PublicKey key, ReadPublicKey(arguments.key));
    ZOO_ASSIGN_OR_RETURN(SignedRegistry registry, CheckSignature(arguments.folder, key));
    Show(context, registry, key, arguments);
    return 0;
  }
  ZOO_ASSIGN_OR_RETURN(SecretKey key, ReadSecretKey(arguments.key));
  ZOO_ASSIGN_OR_RETURN(SignedRegistry registry,
                       SignRegistry(arguments.folder, key, arguments.sign));
  Show(context, registry, key.public_key(), arguments);
  return 0;
}

}  // namespace

Runner DefineSign(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  app.add_option("FOLDER", arguments->folder, "a folder with a zoo.json, or a registry file")
      ->required();
  app.add_option("--key", arguments->key,
                 "the secret key's file; with --check the public key, RWQ... or its file")
      ->required()
      ->type_name("FILE");
  auto* check = app.add_flag("--check", arguments->check,
                             "write nothing; say whether the signature there is right");
  app.add_flag("--replace-key", arguments->sign.replace_key,
               "also if the signature there is by another key")
      ->excludes(check);
  return [arguments](Context& context) { return Sign(context, *arguments); };
}

}  // namespace zoo::cli

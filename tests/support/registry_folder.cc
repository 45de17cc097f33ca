#include "zoo/tests/support/registry_folder.h"

#include <fstream>
#include <utility>

#include "zoo/base/digest.h"
#include "zoo/base/file.h"

namespace zoo {

RegistryFolder::RegistryFolder(const std::filesystem::path& weights, const Json::Object& fields) {
  const std::filesystem::path file = std::filesystem::absolute(weights);
  const std::string bytes = ReadFile(file, uint64_t{1} << 30).value();
  Json::Object entry = {
      {"model", "net"},
      {"weights", "V1"},
      {"default", true},
      {"artifact",
       Json::Object{{"file", "net.pth"},
                    {"size", bytes.size()},
                    {"sha256", Digest::Of(AsBytes(bytes)).hex()},
                    {"sources", Json::Array{Json::Object{{"url", "file://" + file.native()}}}}}}};
  entry.insert(entry.end(), fields.begin(), fields.end());
  Json::Array categories;
  for (int i = 0; i < 1000; ++i) categories.emplace_back("thing " + std::to_string(i));
  const Json document =
      Json::Object{{"schema", "zoo/registry/1"},
                   {"name", "house"},
                   {"version", 1},
                   {"updated", "2026-01-01T00:00:00Z"},
                   {"categories", Json::Object{{"things", std::move(categories)}}},
                   {"entries", Json::Array{std::move(entry)}}};
  std::ofstream(registry()) << document.Dump();
}

}  // namespace zoo

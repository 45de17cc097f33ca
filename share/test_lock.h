// What the tests of locks and bundles share: a registry "lab" of small weights, and their lock.
#ifndef ZOO_SHARE_TEST_LOCK_H_
#define ZOO_SHARE_TEST_LOCK_H_

#include <string>
#include <utility>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/digest.h"
#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/registry/entry.h"
#include "zoo/registry/registry.h"
#include "zoo/share/lock.h"
#include "zoo/share/make_lock.h"

namespace zoo {

struct TestWeights {
  std::string model, bytes;
};

inline Json TestEntry(const TestWeights& weights) {
  const std::string file = weights.model + ".pth";
  return Json::Object{
      {"model", weights.model},
      {"weights", "v1"},
      {"architecture", Json::Object{{"name", "net"}, {"options", Json::Object{}}}},
      {"artifact",
       Json::Object{{"file", file},
                    {"size", weights.bytes.size()},
                    {"sha256", Digest::Of(AsBytes(weights.bytes)).hex()},
                    {"sources", Json::Array{Json::Object{
                                    {"url", "https://models.example.org/files/" + file}}}}}},
      {"license", "MIT"},
      {"metrics", Json::Object{{"things", Json::Object{{"acc@1", 98.9}}}}},
      {"categories", "things"}};
}

inline std::string TestRegistryText(const std::vector<TestWeights>& all) {
  Json::Array entries;
  for (const TestWeights& weights : all) entries.push_back(TestEntry(weights));
  return Json(Json::Object{{"schema", "zoo/registry/1"},
                           {"name", "lab"},
                           {"version", 1},
                           {"categories", Json::Object{{"things", Json::Array{"ü", "two"}}}},
                           {"entries", std::move(entries)}})
      .Dump();
}

inline RegistrySet TestRegistries(const std::vector<TestWeights>& all) {
  RegistrySet set;
  set.Add(Registry::Parse(TestRegistryText(all), "lab", RegistryOrigin::kUrl, "lab").value());
  return set;
}

// All of the set, each under its model's name.
inline Lock TestLock(const RegistrySet& set, const std::vector<TestWeights>& all) {
  std::vector<LockedWeights> rows;
  for (const TestWeights& weights : all) {
    const Entry* entry = set.Find("lab/" + weights.model).value();
    rows.push_back(LockEntry({.entry = entry}).value());
  }
  return LockOf(std::move(rows)).value();
}

}  // namespace zoo

#endif  // ZOO_SHARE_TEST_LOCK_H_

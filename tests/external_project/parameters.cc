// Builds every resnet by its name and compares its size with what the registry says.
#include <cstdint>
#include <cstdio>

#include "zoo/models/architectures.h"
#include "zoo/registry/registry.h"

int main() {
  zoo::RegistrySet registries;
  registries.Add(zoo::BuiltinRegistry());
  for (const char* name : {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}) {
    const zoo::Entry* entry = registries.Find(name).value();
    auto model = zoo::models::Make(entry->architecture.name).value();
    uint64_t parameters = 0;
    for (const at::Tensor& parameter : model->parameters()) parameters += parameter.numel();
    std::printf("%-10s %9llu parameters\n", name, static_cast<unsigned long long>(parameters));
    if (parameters != entry->parameters) return 1;
  }
}

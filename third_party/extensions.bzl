"""The same repository rules for Bzlmod."""

load("//third_party:libtorch.bzl", "libtorch_repository")
load("//third_party:system_libs.bzl", "SYSTEM_LIBS", "system_library")
load("//third_party:wheel.bzl", "test_wheels")

def _native_deps_impl(_mctx):
    libtorch_repository(name = "libtorch")
    for lib in [lib for lib in SYSTEM_LIBS if lib not in ["googletest", "nlohmann_json"]]:
        system_library(name = lib, lib = lib)

native_deps = module_extension(implementation = _native_deps_impl)

def _test_data_impl(_mctx):
    test_wheels()

test_data = module_extension(implementation = _test_data_impl)

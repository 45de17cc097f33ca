"""cc_library and cc_test as every room of this tree uses them.

Headers are included as "zoo/ROOM/file.h", so that a user's own `cache/store.h` cannot take their place.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")

_COPTS = ["-Wall", "-Wextra", "-Wno-missing-field-initializers"]

def zoo_library(name, **kwargs):
    cc_library(
        name = name,
        copts = _COPTS + kwargs.pop("copts", []),
        include_prefix = "zoo/" + native.package_name(),
        **kwargs
    )

def zoo_binary(name, **kwargs):
    cc_binary(
        name = name,
        copts = _COPTS + kwargs.pop("copts", []),
        **kwargs
    )

def zoo_test(name, deps = [], **kwargs):
    cc_test(
        name = name,
        size = kwargs.pop("size", "small"),
        copts = _COPTS + kwargs.pop("copts", []),
        deps = deps + ["@googletest//:gtest_main"],
        **kwargs
    )

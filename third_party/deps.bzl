"""The external repositories of a WORKSPACE build."""

load("//third_party:libtorch.bzl", "libtorch_repository")
load("//third_party:system_libs.bzl", "SYSTEM_LIBS", "system_library")

def _maybe(rule, name, **kwargs):
    if not native.existing_rule(name):
        rule(name = name, **kwargs)

def zoo_dependencies():
    """Declares what is not declared already."""
    _maybe(libtorch_repository, name = "libtorch")
    for lib in SYSTEM_LIBS:
        _maybe(system_library, name = lib, lib = lib)

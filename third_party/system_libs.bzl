"""Libraries of the system, as repositories named like the central registry's modules."""

# name: (pkg-config module, its headers as a blank-separated list whose first one is looked for, targets and libraries, Debian's package)
_LIBS = {
    "cli11": ("CLI11", "CLI/CLI.hpp", {"cli11": []}, "libcli11-dev"),
    "curl": ("libcurl", "curl/curl.h", {"curl": ["-lcurl"]}, "libcurl4-openssl-dev"),
    "fmt": ("fmt", "fmt/format.h", {"fmt": ["-lfmt"]}, "libfmt-dev"),
    "googletest": ("gtest", "gtest/gtest.h", {"gtest": ["-lgtest"], "gtest_main": ["-lgtest_main", "-lgtest"]}, "googletest"),
    "libdeflate": ("libdeflate", "libdeflate.h", {"libdeflate": ["-ldeflate"]}, "libdeflate-dev"),
    "libjpeg_turbo": ("libjpeg", "jpeglib.h jerror.h jmorecfg.h jconfig.h", {"jpeg": ["-ljpeg"]}, "libjpeg62-turbo-dev"),
    "libmicrohttpd": ("libmicrohttpd", "microhttpd.h", {"libmicrohttpd": ["-lmicrohttpd"]}, "libmicrohttpd-dev"),
    "libpng": ("libpng", "png.h pngconf.h pnglibconf.h", {"png": ["-lpng"]}, "libpng-dev"),
    "nlohmann_json": ("nlohmann_json", "nlohmann/json.hpp", {"json": []}, "nlohmann-json3-dev"),
    "openssl": ("openssl", "openssl/evp.h", {"crypto": ["-lcrypto"], "ssl": ["-lssl", "-lcrypto"]}, "libssl-dev"),
    "zlib": ("zlib", "zlib.h zconf.h", {"zlib": ["-lz"]}, "zlib1g-dev"),
}

_LOAD = 'load("@rules_cc//cc:defs.bzl", "cc_library")\n'
_BUILD = """
cc_library(
    name = "{name}",
    hdrs = glob(["include/**/*.h", "include/**/*.hpp"], allow_empty = True),
    includes = ["include"],
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

# Loaded at the first call of a function: see on_demand.h.
_ON_DEMAND = {"curl": "curl_on_demand.cc", "libmicrohttpd": "microhttpd_on_demand.cc"}
_ON_DEMAND_BUILD = """
cc_library(
    name = "{name}",
    srcs = ["on_demand.h", "{source}"],
    hdrs = glob(["include/**/*.h"], allow_empty = True),
    includes = ["include"],
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

# From source: then sanitizers, the ABI and the C++ standard are those of the build.
_GOOGLETEST_BUILD = """
cc_library(
    name = "gtest",
    testonly = True,
    srcs = glob(["googletest/src/*", "googlemock/src/*.cc"], exclude = ["**/*-all.cc", "**/*_main.cc"]),
    hdrs = glob(["*/include/**/*.h"]),
    copts = ["-w"],
    includes = ["googlemock", "googlemock/include", "googletest", "googletest/include"],
    linkopts = ["-lpthread"],
    visibility = ["//visibility:public"],
)

cc_library(
    name = "gtest_main",
    testonly = True,
    srcs = ["googlemock/src/gmock_main.cc"],
    visibility = ["//visibility:public"],
    deps = [":gtest"],
)
"""

def _flags(rctx, module, prefix, *args):
    tool = rctx.which("pkg-config")
    out = rctx.execute([tool, module] + list(args)).stdout if tool else ""
    return [w[len(prefix):] for w in out.strip().split(" ") if w.startswith(prefix)]

def _system_library_impl(rctx):
    module, headers, targets, apt = _LIBS[rctx.attr.lib]
    headers = headers.split(" ")
    header = headers[0]
    if rctx.attr.lib == "googletest" and rctx.path("/usr/src/googletest/googlemock/src").exists:
        for d in ["googletest", "googlemock"]:
            rctx.symlink("/usr/src/googletest/" + d, d)
        rctx.file("BUILD.bazel", _LOAD + _GOOGLETEST_BUILD)
        return
    looked = _flags(rctx, module, "-I", "--cflags-only-I", "--keep-system-cflags")
    looked += ["/usr/include", "/usr/local/include", "/opt/homebrew/include"]
    there = [d for d in looked if rctx.path(d + "/" + header).exists]
    if not there:
        fail("\n\n%s: no <%s> in %s.\napt-get install %s, or name its folder in PKG_CONFIG_PATH.\n" % (rctx.attr.lib, header, ", ".join(looked), apt))
    for name in headers:  # the others may lie in the compiler's own folder for this machine's architecture
        top = name.split("/")[0]
        if rctx.path(there[0] + "/" + top).exists:
            rctx.symlink(there[0] + "/" + top, "include/" + top)
    dirs = _flags(rctx, module, "-L", "--libs-only-L")
    link = ["-L" + d for d in dirs] + ["-Wl,-rpath," + d for d in dirs]
    source = _ON_DEMAND.get(rctx.attr.lib)
    if source:
        for file in ["on_demand.h", source]:
            rctx.symlink(Label("//third_party:" + file), file)
        linkopts = link + ([] if "mac" in rctx.os.name else ["-ldl"])
        rctx.file("BUILD.bazel", _LOAD + _ON_DEMAND_BUILD.format(name = rctx.attr.lib, source = source, linkopts = linkopts))
        return
    rctx.file("BUILD.bazel", _LOAD + "".join([
        _BUILD.format(name = name, linkopts = link + libs if libs else [])
        for name, libs in targets.items()
    ]))

SYSTEM_LIBS = _LIBS.keys()

system_library = repository_rule(
    implementation = _system_library_impl,
    attrs = {"lib": attr.string(mandatory = True, values = SYSTEM_LIBS)},
    configure = True,
    environ = ["PATH", "PKG_CONFIG_LIBDIR", "PKG_CONFIG_PATH"],
    local = True,
)

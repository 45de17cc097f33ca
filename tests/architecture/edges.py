"""Who may use whom. Anything that is not listed here is forbidden."""

# room -> rooms it may include from.
ROOMS = {
    "base": set(),
    "registry": {"base"},
    "cache": {"base"},
    "fetcher": {"base", "registry", "cache", "checkpoint"},
    "checkpoint": {"base"},
    "image": {"base"},
    "models": {"base"},
    "loader": {"base", "registry", "cache", "fetcher", "checkpoint", "models", "runs"},
    "runs": {"base", "checkpoint"},
    "share": {"base", "registry", "cache", "checkpoint"},
    "server": {"base", "registry", "cache"},
    # What //cli:zoo is made of: it starts in milliseconds, so it links no LibTorch.
    "cli": {"base", "registry", "cache", "fetcher", "checkpoint", "image", "runs", "share", "server"},
}

# The program that zoo starts for what needs LibTorch: the files of cli/ that //cli:zoo does not need.
RUN = "cli (run)"
ROOMS[RUN] = set(ROOMS) | {"cli"}

# Tests and what surrounds the product may use every room and every library.
FREE = {"tests", "bench", "examples", "tools", "third_party"}

# Its files are compiled where repository rules put them, in BUILD files that are not in the tree.
BUILT_ELSEWHERE = {"third_party"}

# The fetcher takes a member out of a wheel and needs no more of checkpoints than that.
PARTS = {("fetcher", "checkpoint"): {"checkpoint/zip_directory.h"}}

# library -> (what its headers begin with, rooms and files that may use it). Every room may use fmt.
LIBRARIES = {
    "@cli11": (["CLI/"], {"cli", RUN}),
    "@curl": (["curl/"], {"fetcher/curl_transport.cc"}),
    "@fmt": (["fmt/"], set(ROOMS)),
    "@libdeflate": (["libdeflate.h"], {"checkpoint"}),
    "@libjpeg_turbo": (["jpeglib.h", "jerror.h", "jmorecfg.h", "jconfig.h"], {"image"}),
    "@libmicrohttpd": (["microhttpd.h"], {"server/http_server.cc"}),
    "@libpng": (["png.h", "pngconf.h"], {"image"}),
    "@libtorch": (["torch/", "ATen/", "c10/", "caffe2/"], {"models", "loader", RUN}),
    "@nlohmann_json": (["nlohmann/"], {"base/json.cc"}),
    "@openssl": (["openssl/"], {"base/digest.cc", "base/signature.cc"}),
    "@zlib": (["zlib.h", "zconf.h"], {"checkpoint"}),
    "@googletest": (["gtest/", "gmock/"], set()),
}

# Headers of the system: C++'s have neither folder nor suffix, these are C's and POSIX's.
SYSTEM = ["sys/", "linux/", "net/", "netinet/", "arpa/", "mach/", "mach-o/"] + [
    name + ".h" for name in (
        "aio dirent dlfcn endian errno fcntl fenv fnmatch ftw getopt glob grp immintrin langinfo "
        "libgen limits locale malloc math netdb poll pthread pty pwd regex sched semaphore setjmp signal spawn "
        "stddef stdint stdio stdlib string strings syslog termios time ucontext unistd utime wchar "
        "wordexp xmmintrin emmintrin arm_neon").split()
]

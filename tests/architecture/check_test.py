#!/usr/bin/env python3
"""check.py must find what it is there to find: a small sound tree, and each kind of violation planted in it."""

import os
import tempfile
import unittest

import check

LOAD = 'load("//bazel:cc.bzl", "zoo_binary", "zoo_library", "zoo_test")\n'


def library(name, deps=(), hdrs=None, srcs=None, **more):
    fields = {"name": name, "hdrs": [name + ".h"] if hdrs is None else hdrs, "srcs": srcs or [],
              "deps": list(deps), **more}
    return "zoo_library(%s)\n" % ", ".join("%s = %r" % item for item in fields.items())


SOUND = {
    "base/BUILD.bazel": LOAD + library("json", ["@nlohmann_json//:json", "@fmt"], srcs=["json.cc"]) +
                        library("result") + 'zoo_test(name = "json_test", srcs = ["json_test.cc"], deps = [":json"])\n',
    "base/json.cc": '#include "zoo/base/json.h"\n#include <fmt/format.h>\n#include <nlohmann/json.hpp>\n#include <sys/stat.h>\n',
    "base/json.h": "#include <string>\n",
    "base/json_test.cc": '#include "zoo/base/json.h"\n#include <gtest/gtest.h>\n',
    "base/result.h": "/* #include <curl/curl.h> */ // #include \"x.h\"\n",
    "cache/BUILD.bazel": LOAD + library("store", ["//base:result"]),
    "cache/store.h": '#include "zoo/base/result.h"\n',
    "checkpoint/BUILD.bazel": LOAD + library("zip_directory") + library("checkpoint"),
    "checkpoint/zip_directory.h": "",
    "checkpoint/checkpoint.h": "",
    "fetcher/BUILD.bazel": LOAD + library("wheel", ["//checkpoint:zip_directory"]) +
                           library("curl_transport", ["@curl"], hdrs=[], srcs=["curl_transport.cc"]),
    "fetcher/wheel.h": '#include "zoo/checkpoint/zip_directory.h"\n',
    "fetcher/curl_transport.cc": "#include <curl/curl.h>\n",
    "models/BUILD.bazel": LOAD + library("resnet", ["@libtorch"]),
    "models/resnet.h": "#include <torch/torch.h>\n",
    "cli/BUILD.bazel": LOAD + library("command", ["//cache:store"]) +
                       library("cmd_run", ["//models:resnet", ":command"], hdrs=[], srcs=["cmd_run.cc"]) +
                       'zoo_binary(name = "zoo", srcs = ["main.cc"], deps = [":command"])\n'
                       'zoo_binary(name = "zoo-run", srcs = ["main.cc"], deps = [":command", ":cmd_run"])\n',
    "cli/command.h": '#include "zoo/cache/store.h"\n',
    "cli/main.cc": '#include "zoo/cli/command.h"\n',
    "cli/cmd_run.cc": '#include "zoo/models/resnet.h"\n#include "zoo/cli/command.h"\n',
    "tests/BUILD.bazel": 'cc_test(name = "all", srcs = glob(["**/*_test.cc"]), deps = [\n'
                         '    "//%s" % target for target in ["cache:store", "models:resnet"]\n])\n',
    "third_party/curl_on_demand.cc": '#include <curl/curl.h>\n#include "on_demand.h"\n',
    "third_party/on_demand.h": "",
    "tests/other_project/MODULE.bazel": "",
    "tests/other_project/BUILD.bazel": "a foreign language",
    "tests/other_project/x.h": '#include "foreign.h"\n',
    "tests/deep/all_test.cc": '#include "zoo/cache/store.h"\n#include "zoo/models/resnet.h"\n',
}

# What is changed in the sound tree -> the problems that must be told, whole.
VIOLATIONS = [
    ({"base/result.h": '#include "base/json.h"\n'},
     ['base/result.h: includes "base/json.h"; ours begin with zoo/']),
    ({"third_party/curl_on_demand.cc": '#include "gone.h"\n'},
     ['third_party/curl_on_demand.cc: includes "gone.h"; ours begin with zoo/']),
    ({"base/result.h": '#include "zoo/base/none.h"\n'},
     ['base/result.h: includes "zoo/base/none.h", which is not in the tree']),
    ({"base/result.h": '#  include "zoo/cache/store.h"\n',
      "base/BUILD.bazel": SOUND["base/BUILD.bazel"].replace(library("result"), library("result", ["//cache:store"]))},
     ['base/result.h: includes "zoo/cache/store.h", but base may not use cache']),
    ({"fetcher/wheel.h": '#include "zoo/checkpoint/checkpoint.h"\n',
      "fetcher/BUILD.bazel": LOAD + library("wheel", ["//checkpoint"]) +
                             library("curl_transport", ["@curl"], hdrs=[], srcs=["curl_transport.cc"])},
     ['fetcher/wheel.h: includes "zoo/checkpoint/checkpoint.h", but fetcher may use only '
      "checkpoint/zip_directory.h of checkpoint"]),
    ({"base/result.h": "#include <nlohmann/json.hpp>\n",
      "base/BUILD.bazel": SOUND["base/BUILD.bazel"].replace(library("result"), library("result", ["@nlohmann_json//:json"]))},
     ["base/result.h: includes <nlohmann/json.hpp>, but @nlohmann_json is only for base/json.cc"]),
    ({"fetcher/wheel.h": "#include <curl/curl.h>\n",
      "fetcher/BUILD.bazel": LOAD + library("wheel", ["@curl"]) +
                             library("curl_transport", ["@curl"], hdrs=[], srcs=["curl_transport.cc"])},
     ["fetcher/wheel.h: includes <curl/curl.h>, but @curl is only for fetcher/curl_transport.cc"]),
    ({"cache/store.h": "#include <torch/torch.h>\n", "cache/BUILD.bazel": LOAD + library("store", ["@libtorch"])},
     ["cache/BUILD.bazel:2: //cache:store, which is part of //cli:zoo, needs @libtorch",
      "cache/store.h: includes <torch/torch.h>, but @libtorch is only for cli (run), loader, models"]),
    ({"cli/BUILD.bazel": SOUND["cli/BUILD.bazel"].replace('deps = [":command"])', 'deps = [":command", ":cmd_run"])')},
     ["cli/BUILD.bazel:3: //cli:cmd_run, which is part of //cli:zoo, needs //models:resnet",
      'cli/cmd_run.cc: includes "zoo/models/resnet.h", but cli may not use models',
      "models/BUILD.bazel:2: //models:resnet, which is part of //cli:zoo, needs @libtorch"]),
    ({"base/result.h": "#include <boost/any.hpp>\n"},
     ["base/result.h: includes <boost/any.hpp>, which is of no library in edges.py"]),
    ({"base/result.h": "#include <gtest/gtest.h>\n"},
     ["base/BUILD.bazel:3: result includes gtest/gtest.h, but its deps lack @googletest",
      "base/result.h: includes <gtest/gtest.h>, but @googletest is only for tests"]),
    ({"cache/BUILD.bazel": LOAD + library("store")},
     ["cache/BUILD.bazel:2: store includes zoo/base/result.h, but its deps lack //base:result"]),
    ({"cache/BUILD.bazel": LOAD + library("store", ["//base:result", "//base:json"])},
     ["cache/BUILD.bazel:2: store lists //base:json, but no #include needs it"]),
    ({"cache/store.h": '#include "zoo/base/result.h"\n#include <fmt/format.h>\n'},
     ["cache/BUILD.bazel:2: store includes fmt/format.h, but its deps lack @fmt"]),
    ({"base/json_test.cc": ""},
     ["base/BUILD.bazel:4: json_test lists //base:json, but no #include needs it"]),
    ({"cache/orphan.cc": ""}, ["cache/orphan.cc: is in no BUILD target"]),
    ({"new_room/x.h": '#include "zoo/base/result.h"\n',
      "new_room/BUILD.bazel": LOAD + library("x", ["//base:result"])},
     ['new_room/x.h: includes "zoo/base/result.h", but new_room may not use base']),
    ({"cache/store.h": '#include "zoo/tests/support/temp_dir.h"\n#include "zoo/base/result.h"\n',
      "tests/support/temp_dir.h": "", "tests/support/BUILD.bazel": LOAD + library("temp_dir"),
      "cache/BUILD.bazel": LOAD + library("store", ["//base:result", "//tests/support:temp_dir"])},
     ['cache/store.h: includes "zoo/tests/support/temp_dir.h", but cache may not use tests']),
    ({"cache/BUILD.bazel": LOAD + "zoo_library(name = lambda: 1)\n"},
     ["cache/BUILD.bazel: cannot be read: line 2: cannot read a Lambda"]),
]


class CheckTest(unittest.TestCase):
    def problems(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**SOUND, **changes}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return check.check(root)[1]

    def test_the_sound_tree(self):
        self.assertEqual(self.problems({}), [])

    def test_planted_violations(self):
        for changes, expected in VIOLATIONS:
            with self.subTest(expected[0]):
                self.assertEqual(self.problems(changes), expected)

    def test_select_and_constants(self):
        build = LOAD + '_HEADERS = ["store.h"]\n' + \
            'zoo_library(name = "store", hdrs = _HEADERS, deps = select({"//x:y": ["//base:json"], ' \
            '"//conditions:default": []}) + ["//base:result"])\n'
        self.assertEqual(self.problems({"cache/BUILD.bazel": build}),
                         ["cache/BUILD.bazel:3: store lists //base:json, but no #include needs it"])


if __name__ == "__main__":
    unittest.main()

#include "zoo/server/listing.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/base/digest.h"
#include "zoo/base/json.h"

namespace zoo {
namespace {

Listing Example() {
  return {.files = {{{"builtin/resnet18:V1", "lab/digits"}, "resnet18.pth", 2048, Digest()},
                    {{}, "<script>alert(\"x\")</script>&'\x1b[2J\n.pth", 1, Digest()}},
          .registries = {{"builtin", "/registries/builtin/zoo.json", 3, 118, false},
                         {"lab", "/registries/lab/zoo.json", 7, 1, true}}};
}

TEST(Listing, AsAPage) {
  const std::string page = PageOf(Example());
  const std::string zeros(64, '0');
  EXPECT_NE(page.find("<tr><td><a href=\"/weights/builtin/resnet18:V1\">builtin/resnet18:V1</a><br>"
                      "<a href=\"/weights/lab/digits\">lab/digits</a></td><td>resnet18.pth</td>"
                      "<td class=\"size\">2.0 KiB</td><td class=\"sha256\"><a href=\"/cas/" +
                      zeros + "\">000000000000</a></td></tr>\n"),
            std::string::npos)
      << page;
  EXPECT_NE(page.find("<a href=\"/registries/lab/zoo.json.minisig\">signature</a>"),
            std::string::npos);
  EXPECT_EQ(page.find("builtin/zoo.json.minisig"), std::string::npos);
  EXPECT_NE(page.find("<p>2 files, 2.0 KiB. "), std::string::npos) << page;
}

TEST(Listing, WhatCameFromOutsideIsText) {
  const std::string page = PageOf(Example());
  for (const char* text :
       {"<script", "alert(\"", "\x1b", "http://", "https://", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(text), std::string::npos) << text;
  }
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

TEST(Listing, OfNothing) {
  const std::string page = PageOf({});
  EXPECT_NE(page.find("<p>0 files, 0 B. "), std::string::npos) << page;
}

TEST(Listing, AsJson) {
  Listing listing = Example();
  listing.files.pop_back();
  EXPECT_EQ(ToJson(listing).Dump(-1),
            R"({"schema":"zoo/served/1","files":[{"names":[{"name":"builtin/resnet18:V1",)"
            R"("path":"/weights/builtin/resnet18:V1"},{"name":"lab/digits",)"
            R"("path":"/weights/lab/digits"}],"file":"resnet18.pth","size":2048,"sha256":")" +
                std::string(64, '0') + R"(","path":"/cas/)" + std::string(64, '0') +
                R"("}],"registries":[{"alias":"builtin","version":3,"entries":118,)"
                R"("path":"/registries/builtin/zoo.json","signature":null},{"alias":"lab",)"
                R"("version":7,"entries":1,"path":"/registries/lab/zoo.json",)"
                R"("signature":"/registries/lab/zoo.json.minisig"}]})");
}

}  // namespace
}  // namespace zoo

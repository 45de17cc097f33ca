// `zoo preprocess` as a whole program.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "zoo/base/bytes.h"
#include "zoo/base/cancel.h"
#include "zoo/base/digest.h"
#include "zoo/base/file.h"
#include "zoo/base/json.h"
#include "zoo/base/process.h"
#include "zoo/base/result.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

const std::string kPhoto = "tests/data/photos/chelsea.png";

ProcessOutcome Preprocess(const std::vector<std::string>& arguments) {
  ProcessRequest request{.argv = {"cli/zoo", "preprocess"}};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  auto outcome = RealProcess().Run(request, CancelToken());
  EXPECT_TRUE(outcome) << outcome.error().Text();
  return outcome ? *outcome : ProcessOutcome{.exit_code = -1};
}

// A field of the golden record that the defaults must give.
std::string Golden(const std::string& field) {
  auto text = ReadFile("tests/data/preprocess_goldens.json", 1 << 20);
  EXPECT_TRUE(text) << text.error().Text();
  auto goldens = ParseJson(*text);
  EXPECT_TRUE(goldens) << goldens.error().Text();
  for (const Json& record : *goldens->Find("records")->AsArray()) {
    const bool fits = *record.Find("photo")->AsString() == "chelsea.png" &&
                      record.Find("resize")->AsInt64() == 256 &&
                      record.Find("crop")->AsInt64() == 224 &&
                      *record.Find("interpolation")->AsString() == "bilinear" &&
                      *record.Find("norm")->AsString() == "imagenet";
    if (fits) return *record.Find(field)->AsString();
  }
  return "no such record";
}

std::string HexOfFile(const std::string& path) {
  auto bytes = ReadFile(path, 1 << 20);
  return bytes ? Digest::Of(AsBytes(*bytes)).hex() : bytes.error().Text();
}

TEST(Preprocess, SaysWhatItDoes) {
  const ProcessOutcome outcome = Preprocess({kPhoto});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.output,
            "photo       451 x 300\n"
            "resized     384 x 256 (short side 256, bilinear, antialiased)\n"
            "cropped     224 x 224 (centre)\n"
            "normalised  mean 0.485 0.456 0.406, std 0.229 0.224 0.225\n"
            "tensor      float32 [3, 224, 224]\n"
            "            min -2.0494, max 1.5297, mean -0.1048, std 0.6723\n");
  EXPECT_EQ(outcome.errors, "");
}

TEST(Preprocess, WritesTheGoldensBytes) {
  TempDir folder;
  const std::string at = folder.path() / "with blanks and \xc3\xa4.";
  const ProcessOutcome outcome =
      Preprocess({kPhoto, "--crop-out", at + "ppm", "--tensor-out", at + "f32", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
  EXPECT_EQ(HexOfFile(at + "f32"), Golden("f32_sha256"));
  auto ppm = ReadFile(at + "ppm", 1 << 20);
  ASSERT_TRUE(ppm) << ppm.error().Text();
  const std::string head = "P6\n224 224\n255\n";
  EXPECT_EQ(ppm->substr(0, head.size()), head);
  EXPECT_EQ(Digest::Of(AsBytes(ppm->substr(head.size()))).hex(), Golden("rgb_sha256"));

  auto report = ParseJson(outcome.output);
  ASSERT_TRUE(report) << report.error().Text();
  EXPECT_EQ(*report->Find("schema")->AsString(), "zoo/preprocess/1");
  EXPECT_EQ(*report->Find("crop")->Find("sha256")->AsString(), Golden("rgb_sha256"));
  EXPECT_EQ(*report->Find("crop")->Find("path")->AsString(), at + "ppm");
  EXPECT_EQ(*report->Find("tensor")->Find("sha256")->AsString(), Golden("f32_sha256"));
  EXPECT_EQ(report->Find("resized")->Find("width")->AsInt64(), 384);
}

TEST(Preprocess, ThePresetOfAModelIsThatOfItsOptions) {
  const ProcessOutcome named = Preprocess({kPhoto, "--for", "efficientnet_lite0", "--json"});
  const ProcessOutcome spelt =
      Preprocess({kPhoto, "--resize", "256", "--crop", "224", "--interpolation", "bicubic",
                  "--mean", "0.4980392156862745,0.4980392156862745,0.4980392156862745", "--std",
                  "0.5019607843137255", "0.5019607843137255", "0.5019607843137255", "--json"});
  EXPECT_EQ(named.exit_code, 0) << named.errors;
  EXPECT_EQ(named.output, spelt.output);
}

TEST(Preprocess, WhatCannotBe) {
  TempDir folder;
  const std::string page = folder.Write("page.png", "<!doctype html>"),
                    none = folder.path() / "none" / "x.png";
  const struct {
    std::vector<std::string> arguments;
    int exit_code;
    std::string message;
  } rows[] = {
      {{none}, 3, "cannot open " + none + ": No such file or directory"},
      {{page},
       7,
       page + ": this is an HTML page, not a JPEG or PNG image; the server answered with a page "
              "instead of the file: look at the address in a browser"},
      {{kPhoto, "--for", "resent18"},
       3,
       "no model is named \"resent18\"; did you mean \"resnet18\"? `zoo list` shows all 118"},
      {{kPhoto, "--for", "resnet18", "--crop", "3"},
       2,
       "--for already says how the photo is prepared; leave out --for, or --resize, --crop, "
       "--interpolation, --mean and --std"},
      {{kPhoto, "--std", "0,1,1"}, 2, "--std is 0: three finite numbers above 0 are needed"},
      {{kPhoto, "--mean", "0,nan,1"}, 2, "--mean is nan: three finite numbers are needed"},
      {{kPhoto, "--crop", "0"},
       2,
       "cannot resize to 256 and crop to 0 pixels: both must be positive"},
      {{kPhoto, "--crop-out", "a.jpg"}, 2, "--crop-out \"a.jpg\" ends in neither .ppm nor .png"},
      {{kPhoto, "--tensor-out", none}, 3, "cannot write " + none + ": No such file or directory"},
  };
  for (const auto& row : rows) {
    const ProcessOutcome outcome = Preprocess(row.arguments);
    EXPECT_EQ(outcome.exit_code, row.exit_code);
    EXPECT_EQ(outcome.errors, "zoo: " + row.message + "\n");
    EXPECT_EQ(outcome.output, "");
  }
}

}  // namespace
}  // namespace zoo

#include "zoo/cli/classified.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "zoo/base/cancel.h"
#include "zoo/cli/terminal.h"

namespace zoo::cli {
namespace {

const Classified kCat{{0.5f, 3, 1, 3}, {0.04f, 0.45f, 0.06f, 0.45f}};
const std::vector<std::string> kNames = {"ant", "bee", "cat", "dog"};

struct Told {
  int code = 0;
  std::string out, err;
};

std::string Contents(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

Told Tell(const std::vector<std::string>& paths, const std::vector<Result<Classified>>& seen,
          ClassifiedOptions options, CommonOptions common = {}, ClassifiedTime time = {4, 0.25}) {
  std::FILE* out = std::tmpfile();
  std::FILE* err = std::tmpfile();
  Told told;
  {
    Terminal terminal(fileno(out), fileno(err));
    Context context(std::move(common), terminal, CancelToken());
    std::vector<PhotoFile> photos;
    for (const std::string& path : paths) photos.push_back({path, {}});
    ClassifiedReport report(context, photos, std::move(options));
    for (const Result<Classified>& one : seen) report.Add(one);
    told.code = report.Finish(time);
  }
  told.out = Contents(out);
  told.err = Contents(err);
  return told;
}

TEST(ClassifiedReport, TellsTheMostProbableOfEachPhoto) {
  const Told told = Tell({"a/cat.jpg", "b/熊.png"}, {kCat, kCat},
                         {.model = "net", .categories = kNames, .top = 3});
  EXPECT_EQ(told.code, 0);
  EXPECT_EQ(told.out,
            "cat.jpg   45.0 %  bee\n"
            "          45.0 %  dog\n"
            "           6.0 %  cat\n"
            "熊.png    45.0 %  bee\n"
            "          45.0 %  dog\n"
            "           6.0 %  cat\n");
  EXPECT_EQ(told.err, "2 photos in 4.0 s, 0.5 photos/s (waited 0.2 s for photos)\n");
}

TEST(ClassifiedReport, PhotosOfOneNameGoByTheirPaths) {
  const Told told = Tell({"a/cat.jpg", "b/cat.jpg"}, {kCat, kCat}, {.top = 1});
  EXPECT_EQ(told.out, "a/cat.jpg   45.0 %  class 1\nb/cat.jpg   45.0 %  class 1\n");
}

TEST(ClassifiedReport, OnePhotoHasNoSpeedAndLogitsAreWhole) {
  const Told told =
      Tell({"cat.jpg"}, {kCat}, {.categories = {"too", "few"}, .top = 9, .logits = true});
  EXPECT_EQ(told.out,
            "cat.jpg   45.0 %  class 1\n"
            "          45.0 %  class 3\n"
            "           6.0 %  class 2\n"
            "           4.0 %  class 0\n"
            "0.5\n3\n1\n3\n");
  EXPECT_EQ(told.err, "");
}

TEST(ClassifiedReport, FailuresHaveTheirPlaceAndTheFirstOneIsTheExitCode) {
  const Error broken{ErrorCode::kCorrupt, "b.jpg: cut off", ""};
  const Classified untrained{{1, NAN, 2}, {0, 0, 0}};
  const Told told = Tell({"a.jpg", "b.jpg", "c.jpg"}, {kCat, broken, untrained},
                         {.model = "net", .categories = kNames, .top = 1}, {.quiet = true});
  EXPECT_EQ(told.code, static_cast<int>(ErrorCode::kCorrupt));
  EXPECT_EQ(told.out, "a.jpg   45.0 %  bee\n");
  EXPECT_EQ(told.err,
            "zoo: b.jpg: cut off\n"
            "zoo: c.jpg: net gives class 1 no number; weights that were trained without their last "
            "layer do so\n");
}

TEST(ClassifiedReport, SpeedCountsWhatWasClassified) {
  const Error broken{ErrorCode::kCorrupt, "cut off", ""};
  const Told told = Tell({"a", "b", "c"}, {kCat, broken, kCat}, {}, {}, {0.016, 0});
  EXPECT_EQ(told.err,
            "zoo: cut off\n"
            "2 of 3 photos in 0.0 s, 125 photos/s (waited 0.0 s for photos)\n");
}

TEST(ClassifiedReport, JsonIsOneDocument) {
  const Error broken{ErrorCode::kNotFound, "there is no b", "look"};
  const Told told = Tell({"x/a", "b"}, {kCat, broken},
                         {.model = "net", .categories = kNames, .top = 1, .logits = true},
                         {.json = true}, {0.5, 0.25});
  const Json expected = Json::Object{
      {"schema", "zoo/classify/1"},
      {"results", Json::Array{Json::Object{
                      {"file", "x/a"},
                      {"model", "net"},
                      {"top", Json::Array{Json::Object{
                                  {"index", 1}, {"category", "bee"}, {"probability", 0.45f}}}},
                      {"logits", Json::Array{0.5, 3.0, 1.0, 3.0}}}}},
      {"failed", Json::Array{Json::Object{
                     {"file", "b"}, {"code", "not_found"}, {"message", "there is no b; look"}}}},
      {"seconds", 0.5},
      {"waited_seconds", 0.25}};
  EXPECT_EQ(told.out, expected.Dump() + "\n");
}

}  // namespace
}  // namespace zoo::cli

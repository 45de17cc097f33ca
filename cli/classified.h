// What a model said of photos, told in their order: as text as soon as it is known, as one JSON
// document at the end. One thread.
//
//   ClassifiedReport report(context, photos, {.model = "resnet50:IMAGENET1K_V2"});
//   report.Add(Classified{logits, probabilities});   // of the first photo
//   return report.Finish({.seconds = 12.3});         // the exit code
#ifndef ZOO_CLI_CLASSIFIED_H_
#define ZOO_CLI_CLASSIFIED_H_

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "zoo/base/json.h"
#include "zoo/base/result.h"
#include "zoo/cli/context.h"
#include "zoo/cli/photo_files.h"

namespace zoo::cli {

// An element for each class.
struct Classified {
  std::vector<float> logits, probabilities;
};

struct ClassifiedOptions {
  std::string model;                    // as results call it
  std::vector<std::string> categories;  // names of the classes, if there are as many
  size_t top = 5;                       // how many categories are told of a photo
  bool logits = false;                  // every logit too
};

// How long it took, and how much of that the model had no photos to work on.
struct ClassifiedTime {
  double seconds = 0;
  double waited_seconds = 0;
};

class ClassifiedReport {
 public:
  // The context and the photos must outlive the report.
  ClassifiedReport(Context& context, std::span<const PhotoFile> photos, ClassifiedOptions options);

  // What came out for the next photo. A logit that is no number makes it a failure too.
  void Add(const Result<Classified>& classified);
  // Prints the JSON document, or for more than one photo how fast they went. Returns 0 or the exit
  // code of the first failure.
  int Finish(const ClassifiedTime& time);

 private:
  void AddFailure(const PhotoFile& photo, const Error& error);
  std::string Label(const PhotoFile& photo) const;
  std::string Text(const PhotoFile& photo, const Classified& classified) const;
  Json JsonOf(const PhotoFile& photo, const Classified& classified) const;

  Context& context_;
  const std::span<const PhotoFile> photos_;
  const ClassifiedOptions options_;
  std::map<std::string, int> uses_;  // of the files' names; one that is used twice says too little
  size_t width_ = 0;                 // of the widest label
  size_t next_ = 0;
  int exit_code_ = 0;
  Json::Array results_;
  Json::Array failed_;
};

}  // namespace zoo::cli

#endif  // ZOO_CLI_CLASSIFIED_H_

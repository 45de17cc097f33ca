// An ingest from Begin to Commit:
//
// 1. The folders and LAYOUT are made, the key is claimed (claim.cc tells how).
// 2. Staged bytes are hashed again, or copied and hashed if their owner was killed: a partial file
//    is never trusted. Their number is the offset to go on from.
// 3. Each Append is compared with the largest size the file may have, then hashed and written.
// 4. Commit compares size and digest. If they are wrong the bytes are thrown away.
// 5. Of a file known by a prefix only, the full digest is pinned; the pin of an earlier pull from
//    the same origin must be the same.
// 6. If the blob is here by now the bytes are thrown away, and that is success. Otherwise they are
//    published (claim.cc, step 5), and the stamp is taken.
#include "zoo/cache/ingest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "zoo/base/sniff.h"
#include "zoo/base/text.h"
#include "zoo/cache/claim.h"
#include "zoo/cache/disk_file.h"
#include "zoo/cache/index.h"
#include "zoo/cache/layout.h"
#include "zoo/cache/staging.h"
#include "zoo/cache/stamp.h"

namespace zoo {
namespace {

// Formats that weights come in say nothing about why the digest is wrong; the others do.
bool TellsSomething(FileKind kind) {
  static constexpr std::array kWeights = {FileKind::kUnknown,     FileKind::kZip,
                                          FileKind::kTorchLegacy, FileKind::kTar,
                                          FileKind::kPickle,      FileKind::kSafetensors};
  return std::find(kWeights.begin(), kWeights.end(), kind) == kWeights.end();
}

// A name that vanished on the way in is the disk's doing; nobody asked for something unknown.
Error OfTheDisk(Error error) {
  if (error.code == ErrorCode::kNotFound) error.code = ErrorCode::kDisk;
  return error;
}

Error Finished() {
  return {ErrorCode::kUsage, "this ingest has been committed", "begin another one"};
}

}  // namespace

struct Ingest::State {
  State(const Store& store, Disk& disk, IngestKey key, CacheKey cache_key,
        std::unique_ptr<Claim> claim)
      : store(store),
        disk(disk),
        key(std::move(key)),
        cache_key(std::move(cache_key)),
        claim(std::move(claim)),
        staging(disk, this->claim->file()) {}

  std::string Name() const { return Escape(key.file, 200); }
  uint64_t Smallest() const { return key.size.value_or(key.min_size); }
  uint64_t Largest() const { return key.size.value_or(key.max_size); }

  Status Resume(CancelToken cancel);
  Status Copy(DiskFile& donor, CancelToken cancel);
  Error WriteError(int failed);
  Status CheckSize();
  Status CheckDigest(const Digest& digest);
  Error NotTheFile(std::string difference);
  void ThrowAway();

  Store store;
  Disk& disk;
  IngestKey key;
  CacheKey cache_key;
  std::unique_ptr<Claim> claim;
  Staging staging;
};

Status Ingest::State::Resume(CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(FileInfo info, claim->file().Stat());
  if (info.size > Largest()) return staging.Restart();
  if (info.size > 0) return staging.Resume(info.size, cancel);
  if (claim->donor()) {
    Status copied = Copy(*claim->donor(), cancel);
    if (!copied) {
      // Half a copy would hide the whole of it from the next run.
      ThrowAway();
      return copied;
    }
  }
  claim->DropOthers();
  return {};
}

Status Ingest::State::Copy(DiskFile& donor, CancelToken cancel) {
  alignas(64) std::array<std::byte, 64 << 10> buffer;
  for (;;) {
    if (cancel.cancelled()) {
      return Error{ErrorCode::kCancelled, "copying staged bytes was ended before it was done", ""};
    }
    ZOO_ASSIGN_OR_RETURN(size_t got, donor.Read(buffer, staging.size()));
    if (staging.size() + got > Largest()) return staging.Restart();
    if (int failed = staging.Append(ByteView(buffer).first(got)); failed < 0) {
      return WriteError(failed);
    }
    if (got < buffer.size()) return {};
  }
}

Error Ingest::State::WriteError(int failed) {
  Error error = DiskError("write", claim->file().path(), failed);
  if (failed != -ENOSPC && failed != -EDQUOT) return error;
  uint64_t written = 0, free = 0;
  if (auto info = claim->file().Stat()) written = info->size;
  error.message += fmt::format("; {} needs {}{} more bytes", Name(), key.size ? "" : "up to ",
                               Largest() - written);
  if (disk.FreeBytes({store.root(), ""}, free) == 0) {
    error.message += fmt::format(", {} are free", free);
  }
  error.hint += fmt::format("; the {} bytes that arrived are kept", written);
  return error;
}

void Ingest::State::ThrowAway() {
  // Nothing may be on its way into a file that is closed.
  (void)staging.Flush();
  claim->Discard();
}

// What arrived is thrown away.
Error Ingest::State::NotTheFile(std::string difference) {
  std::array<std::byte, kSniffBytes> head;
  auto got = claim->file().Read(head, 0);
  Sniffed seen = got ? Sniff(ByteView(head).first(*got)) : Sniffed();
  ThrowAway();
  Error error{ErrorCode::kCorrupt, Name() + ": " + std::move(difference), ""};
  error.hint = "the download was deleted";
  if (TellsSomething(seen.kind)) {
    error.message += fmt::format("; what arrived is {}", seen.what);
    if (!seen.hint.empty()) error.hint += fmt::format("; {}", seen.hint);
  } else {
    error.hint += ". If it repeats, the publisher changed the file: do not use it";
  }
  return error;
}

Status Ingest::State::CheckSize() {
  uint64_t size = staging.size();
  if (size >= Smallest() && size <= Largest()) return {};
  if (key.size) {
    return NotTheFile(fmt::format("{} bytes arrived, the file has {}", size, *key.size));
  }
  return NotTheFile(
      fmt::format("{} bytes arrived, the file has {} to {}", size, key.min_size, key.max_size));
}

Status Ingest::State::CheckDigest(const Digest& digest) {
  if (key.sha256) {
    if (digest == *key.sha256) return {};
    return NotTheFile(fmt::format("sha256 is {}, it must be {}", digest.hex(), key.sha256->hex()));
  }
  if (!digest.hex().starts_with(key.sha256_prefix)) {
    return NotTheFile(
        fmt::format("sha256 is {}, it must begin with {}", digest.hex(), key.sha256_prefix));
  }
  Status pinned = Index(disk, store.root()).Pin(cache_key, key.origin, digest);
  if (!pinned && pinned.error().code == ErrorCode::kCorrupt) {
    return NotTheFile(pinned.error().message);
  }
  return pinned;
}

Ingest::Ingest(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ingest::Ingest(Ingest&&) noexcept = default;
Ingest& Ingest::operator=(Ingest&&) noexcept = default;
Ingest::~Ingest() = default;

uint64_t Ingest::size() const { return state_->staging.size(); }

Status Ingest::Append(ByteView bytes) {
  if (!state_->claim->owns()) return Finished();
  uint64_t largest = state_->Largest();
  if (bytes.size() > largest - state_->staging.size()) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: more than {} bytes arrived, the size of the whole file",
                             state_->Name(), largest),
                 ""};
  }
  if (int failed = state_->staging.Append(bytes); failed < 0) return state_->WriteError(failed);
  return {};
}

Status Ingest::Restart() {
  if (!state_->claim->owns()) return Finished();
  if (!note().empty()) ZOO_RETURN_IF_ERROR(SetNote(""));
  return state_->staging.Restart();
}

const std::string& Ingest::note() const { return state_->claim->note().text; }

Status Ingest::SetNote(std::string note) {
  if (!state_->claim->owns()) return Finished();
  return state_->claim->SetNote({state_->key.file, std::move(note)});
}

Result<Blob> Ingest::Commit() {
  if (!state_->claim->owns()) return Finished();
  Result<Blob> blob = Publish();
  if (!blob) return OfTheDisk(std::move(blob).error());
  return blob;
}

Result<Blob> Ingest::Publish() {
  State& state = *state_;
  if (int failed = state.staging.Flush(); failed < 0) return state.WriteError(failed);
  ZOO_RETURN_IF_ERROR(state.CheckSize());
  Digest digest = state.staging.Finish();
  ZOO_RETURN_IF_ERROR(state.CheckDigest(digest));
  if (std::optional<Blob> here = state.store.FindStamped(digest)) {
    state.ThrowAway();
    return *here;
  }
  ZOO_ASSIGN_OR_RETURN(FileInfo info, state.claim->Publish(digest));
  Blob blob = state.store.TakeStamp(digest, info, state.key.file);
  // Not before there is a record: whoever waits would have to hash the blob.
  state.claim->Unlock();
  return blob;
}

Result<Ingest> Store::Begin(const IngestKey& key, CancelToken cancel) {
  Result<Ingest> ingest = Claimed(key, cancel);
  if (!ingest) return OfTheDisk(std::move(ingest).error());
  return ingest;
}

Result<Ingest> Store::Claimed(const IngestKey& key, CancelToken cancel) {
  ZOO_ASSIGN_OR_RETURN(CacheKey cache_key, KeyOf(key));
  ZOO_RETURN_IF_ERROR(MakeFolders());
  ZOO_ASSIGN_OR_RETURN(std::unique_ptr<Claim> claim, Claim::Take(*disk_, root_, cache_key, cancel));
  auto state =
      std::make_unique<Ingest::State>(*this, *disk_, key, std::move(cache_key), std::move(claim));
  ZOO_RETURN_IF_ERROR(state->Resume(cancel));
  // For people who look at the cache: not worth failing for.
  if (state->claim->note().file != key.file) {
    (void)state->claim->SetNote({key.file, state->claim->note().text});
  }
  return Ingest(std::move(state));
}

}  // namespace zoo

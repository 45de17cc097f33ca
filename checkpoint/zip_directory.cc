#include "zoo/checkpoint/zip_directory.h"

#include <fmt/format.h>
#include <libdeflate.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "zoo/base/text.h"
#include "zoo/checkpoint/name_table.h"
#include "zoo/checkpoint/zip_local_header.h"
#include "zoo/checkpoint/zip_parser.h"

namespace zoo {
namespace {

constexpr size_t kPiece = 64 << 10;

// zlib's inflater for raw deflate data, ended when this goes away.
class Inflater {
 public:
  Inflater() : good_(inflateInit2(&stream_, -MAX_WBITS) == Z_OK) {}
  ~Inflater() {
    if (good_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  bool good() const { return good_; }
  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool good_;
};

}  // namespace

struct ZipDirectory::State {
  std::shared_ptr<const MappedFile> file;
  std::string directory;  // what the names view
  std::vector<ZipMember> members;
  NameTable by_name;

  Status Inflate(const ZipDirectory& zip, const ZipMember& member, uint64_t from,
                 const std::function<Status(ByteView)>& sink) const;
  Status Plain(const ZipMember& member, uint64_t from,
               const std::function<Status(ByteView)>& sink) const;
};

Result<ZipDirectory> ZipDirectory::Open(const std::filesystem::path& path, const Limits& limits) {
  ZOO_ASSIGN_OR_RETURN(auto file, MappedFile::Open(path, {}));
  return Open(std::move(file), limits);
}

Result<ZipDirectory> ZipDirectory::OfBytes(ByteView bytes, std::string name, const Limits& limits) {
  return Open(MappedFile::OfBytes(bytes, std::move(name)), limits);
}

Result<ZipDirectory> ZipDirectory::Open(std::shared_ptr<const MappedFile> file,
                                        const Limits& limits, LocalHeaders headers) {
  auto state = std::make_shared<State>();
  state->file = std::move(file);
  ZOO_ASSIGN_OR_RETURN(state->members, ParseZip(*state->file, limits, headers, state->directory));
  state->by_name = NameTable(state->members.size());
  auto name_of = [&](uint32_t member) { return state->members[member].name; };
  for (uint32_t i = 0; i < state->members.size(); ++i) {
    if (state->by_name.Add(name_of(i), i, name_of) != i) {
      return Error{ErrorCode::kCorrupt,
                   state->file->name() + ": two records are named " + Quote(state->members[i].name),
                   ""};
    }
  }
  return ZipDirectory(std::move(state));
}

std::span<const ZipMember> ZipDirectory::members() const { return state_->members; }

const ZipMember* ZipDirectory::Find(std::string_view name) const {
  auto name_of = [this](uint32_t member) { return state_->members[member].name; };
  uint32_t found = state_->by_name.Find(name, name_of);
  return found == NameTable::kNone ? nullptr : &state_->members[found];
}

const std::string& ZipDirectory::file_name() const { return state_->file->name(); }

std::string ZipDirectory::Describe(const ZipMember& member) const {
  return state_->file->name() + ": record " + Quote(member.name);
}

Result<uint64_t> ZipDirectory::DataOffset(const ZipMember& member) const {
  if (member.data_offset != 0) return member.data_offset;
  return LocateData(*state_->file, member);
}

Status ZipDirectory::State::Plain(const ZipMember& member, uint64_t from,
                                  const std::function<Status(ByteView)>& sink) const {
  std::vector<std::byte> piece(std::min<uint64_t>(kPiece, member.size));
  for (uint64_t at = 0; at < member.size;) {
    std::span<std::byte> part(piece.data(), std::min<uint64_t>(piece.size(), member.size - at));
    ZOO_RETURN_IF_ERROR(file->Read(from + at, part));
    ZOO_RETURN_IF_ERROR(sink(part));
    at += part.size();
  }
  return {};
}

Status ZipDirectory::State::Inflate(const ZipDirectory& zip, const ZipMember& member, uint64_t from,
                                    const std::function<Status(ByteView)>& sink) const {
  auto corrupt = [&](std::string what) {
    return Error{ErrorCode::kCorrupt, zip.Describe(member) + ": " + std::move(what), ""};
  };
  Inflater inflater;
  if (!inflater.good()) return corrupt("no memory to inflate it");
  z_stream& stream = inflater.stream();
  std::array<std::byte, kPiece> in, out;
  uint64_t taken = 0, given = 0;
  int state = Z_OK;
  while (state != Z_STREAM_END) {
    if (stream.avail_in == 0 && taken < member.stored_size) {
      size_t count = std::min<uint64_t>(in.size(), member.stored_size - taken);
      ZOO_RETURN_IF_ERROR(file->Read(from + taken, std::span(in).first(count)));
      taken += count;
      stream.next_in = reinterpret_cast<Bytef*>(in.data());
      stream.avail_in = static_cast<uInt>(count);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END) {
      return corrupt(fmt::format("its deflated data is broken or cut off after {} bytes", given));
    }
    size_t made = out.size() - stream.avail_out;
    if (made > member.size - given) {
      return corrupt(fmt::format("it inflates to more than the {} bytes it says", member.size));
    }
    if (made > 0) ZOO_RETURN_IF_ERROR(sink(ByteView(out).first(made)));
    given += made;
  }
  if (given != member.size || taken != member.stored_size || stream.avail_in != 0) {
    return corrupt(fmt::format("it inflates to {} bytes from {}, the directory says {} from {}",
                               given, taken - stream.avail_in, member.size, member.stored_size));
  }
  return {};
}

Status ZipDirectory::ReadMember(const ZipMember& member,
                                const std::function<Status(ByteView)>& sink) const {
  ZOO_ASSIGN_OR_RETURN(const uint64_t from, DataOffset(member));
  uint32_t crc = 0;
  auto checked = [&](ByteView piece) -> Status {
    crc = libdeflate_crc32(crc, piece.data(), piece.size());
    return sink(piece);
  };
  if (member.deflated) {
    ZOO_RETURN_IF_ERROR(state_->Inflate(*this, member, from, checked));
  } else {
    ZOO_RETURN_IF_ERROR(state_->Plain(member, from, checked));
  }
  if (member.crc != 0 && crc != member.crc) {
    return Error{ErrorCode::kCorrupt,
                 fmt::format("{}: its CRC-32 is {:08x}, the directory says {:08x}",
                             Describe(member), crc, member.crc),
                 "the file is damaged: download it again"};
  }
  return {};
}

Result<std::string> ZipDirectory::ReadMember(const ZipMember& member, uint64_t max_bytes) const {
  if (member.size > max_bytes) {
    return Error{
        ErrorCode::kCorrupt,
        fmt::format("{}: {} bytes, the limit is {}", Describe(member), member.size, max_bytes), ""};
  }
  std::string bytes;
  // Not reserved from the directory's number where it is only a promise.
  if (!member.deflated) bytes.reserve(member.size);
  ZOO_RETURN_IF_ERROR(ReadMember(member, [&](ByteView piece) -> Status {
    bytes += AsText(piece);
    return {};
  }));
  return bytes;
}

}  // namespace zoo

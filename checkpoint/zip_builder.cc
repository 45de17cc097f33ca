#include "zoo/checkpoint/zip_builder.h"

#include <zlib.h>

#include <cstdlib>
#include <utility>
#include <vector>

namespace zoo {

std::string Little(uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string Deflated(const std::string& data) {
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  std::string out(deflateBound(&stream, data.size()), '\0');
  std::string in = data;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) abort();
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

ZipRecord& ZipBuilder::Add(std::string name, std::string data) {
  uint32_t crc = static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
  records_.push_back({.name = std::move(name), .data = std::move(data), .crc = crc});
  return records_.back();
}

std::string ZipBuilder::Build() const {
  std::string out = before, directory;
  for (const ZipRecord& r : records_) {
    uint64_t at = out.size();
    uint32_t size = r.size.value_or(static_cast<uint32_t>(r.data.size()));
    std::string name = r.local_name.value_or(r.name);
    out += "PK\3\4" + Little(0, 2) + Little(r.local_flags.value_or(r.flags), 2) +
           Little(r.local_method.value_or(r.method), 2) + Little(0, 4) +
           Little(r.local_crc.value_or(r.crc), 4) + Little(r.data.size(), 4) +
           Little(r.local_size.value_or(size), 4) + Little(name.size(), 2) +
           Little(r.local_extra.size(), 2) + name + r.local_extra + r.data;
    directory += "PK\1\2" + Little(0, 4) + Little(r.flags, 2) + Little(r.method, 2) + Little(0, 4) +
                 Little(r.crc, 4) + Little(r.data.size(), 4) + Little(size, 4) +
                 Little(r.name.size(), 2) + Little(r.extra.size(), 2) + Little(0, 2) +
                 Little(r.disk, 2) + Little(0, 6) + Little(r.offset.value_or(at), 4) + r.name +
                 r.extra;
  }
  uint64_t directory_at = out.size();
  return out + directory + between + End(directory_at, directory.size()) + after;
}

std::string ZipBuilder::End(uint64_t directory_at, uint64_t directory_bytes) const {
  std::string out;
  uint64_t end64_at = directory_at + directory_bytes + between.size();
  if (zip64) {
    uint64_t records = count64.value_or(records_.size());
    out += "PK\6\6" + Little(end64_size.value_or(44), 8) + Little(0, 4) + Little(0, 8) +
           Little(records, 8) + Little(records, 8) + Little(directory_bytes, 8) +
           Little(offset64.value_or(directory_at), 8);
    out += "PK\6\7" + Little(0, 4) + Little(locator_offset.value_or(end64_at), 8) + Little(1, 4);
  }
  uint16_t records = count.value_or(static_cast<uint16_t>(records_.size()));
  return out + "PK\5\6" + Little(disk.value_or(0), 2) + Little(0, 2) + Little(records, 2) +
         Little(records, 2) +
         Little(directory_size.value_or(static_cast<uint32_t>(directory_bytes)), 4) +
         Little(directory_offset.value_or(static_cast<uint32_t>(directory_at)), 4) +
         Little(comment.size(), 2) + comment;
}

}  // namespace zoo

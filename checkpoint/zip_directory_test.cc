#include "zoo/checkpoint/zip_directory.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>

#include "zoo/checkpoint/zip_builder.h"
#include "zoo/tests/support/temp_dir.h"

namespace zoo {
namespace {

ZipBuilder Two() {
  ZipBuilder zip;
  zip.Add("a/one", "hello");
  zip.Add("a/two", "world!");
  return zip;
}

// "ok", or the text of the first error of opening and reading everything.
std::string ReadAll(const std::string& bytes, const Limits& limits = {},
                    LocalHeaders headers = LocalHeaders::kAtOpen) {
  auto zip = ZipDirectory::Open(MappedFile::OfBytes(AsBytes(bytes), "x.zip"), limits, headers);
  if (!zip) return zip.error().Text();
  for (const ZipMember& member : zip->members()) {
    uint64_t size = 0;
    Status read = zip->ReadMember(member, [&](ByteView piece) -> Status {
      size += piece.size();
      return {};
    });
    if (!read) return read.error().Text();
    EXPECT_EQ(size, member.size);
  }
  return "ok";
}

TEST(ZipDirectory, FindsMembers) {
  ZipBuilder zip = Two();
  ZipRecord& deflated = zip.Add("b", Deflated(std::string(200'000, 'x')));
  deflated.method = 8;
  deflated.size = 200'000;
  deflated.crc = 0;
  auto opened = ZipDirectory::OfBytes(AsBytes(zip.Build()), "x.zip");
  ASSERT_TRUE(opened) << opened.error().Text();
  ASSERT_EQ(opened->members().size(), 3u);
  EXPECT_EQ(opened->Find("a/three"), nullptr);
  EXPECT_EQ(*opened->ReadMember(*opened->Find("a/two"), 6), "world!");
  EXPECT_EQ(*opened->ReadMember(*opened->Find("b"), 200'000), std::string(200'000, 'x'));
  EXPECT_EQ(opened->ReadMember(*opened->Find("b"), 1000).error().Text(),
            "x.zip: record \"b\": 200000 bytes, the limit is 1000");
}

TEST(ZipDirectory, StopsWhereTheSinkFails) {
  auto opened = ZipDirectory::OfBytes(AsBytes(Two().Build()), "x.zip");
  ASSERT_TRUE(opened);
  Status read = opened->ReadMember(opened->members()[0], [](ByteView) -> Status {
    return Error{ErrorCode::kDisk, "full", ""};
  });
  EXPECT_EQ(read.error().Text(), "full");
}

TEST(ZipDirectory, ReadsFilesByPosition) {
  TempDir folder;
  auto path = folder.Write("x y.zip", Two().Build());
  auto opened = ZipDirectory::Open(path);
  ASSERT_TRUE(opened) << opened.error().Text();
  std::filesystem::resize_file(path, 32);
  std::string name = path.string();
  EXPECT_EQ(opened->ReadMember(*opened->Find("a/one"), 100).error().Text(),
            name +
                ": the file became shorter while it was read: it had 205 bytes, byte 35 is missing "
                "now");
  EXPECT_EQ(ZipDirectory::Open(folder.path() / "none").error().code, ErrorCode::kNotFound);
}

struct Case {
  std::string name;
  std::function<void(ZipBuilder&, ZipRecord&)> change;  // the builder and its third record, a/x
  std::string text;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class Malformed : public testing::TestWithParam<Case> {};
TEST_P(Malformed, HasItsMessage) {
  ZipBuilder zip = Two();
  GetParam().change(zip, zip.Add("a/x", "data"));
  EXPECT_EQ(ReadAll(zip.Build()), GetParam().text);
}

// Not a byte is handed out that comparing everything at once would have refused.
TEST_P(Malformed, IsRefusedWhenTaken) {
  ZipBuilder zip = Two();
  GetParam().change(zip, zip.Add("a/x", "data"));
  std::string text = ReadAll(zip.Build(), {}, LocalHeaders::kWhenTaken);
  EXPECT_EQ(text == "ok", GetParam().text == "ok") << text;
}

using B = ZipBuilder;
using R = ZipRecord;

INSTANTIATE_TEST_SUITE_P(
    Zips, Malformed,
    testing::Values(
        Case{"nothing_wrong", [](B&, R&) {}, "ok"},
        Case{"comment", [](B& b, R&) { b.comment = "hello"; }, "ok"},
        Case{"zip64", [](B& b, R&) { b.zip64 = true; }, "ok"},
        Case{"zip64_saturated",
             [](B& b, R&) {
               b.zip64 = true;
               b.count = 0xffff;
               b.directory_offset = b.directory_size = 0xffffffff;
             },
             "ok"},
        Case{"local_zeros",
             [](B&, R& r) { r.local_crc = r.local_size = 0; },
             "ok"},
        Case{"crc_not_computed", [](B&, R& r) { r.crc = 0; }, "ok"},
        Case{"padding", [](B&, R& r) { r.local_extra = "FB" + Little(3, 2) + "ZZZ"; }, "ok"},
        Case{"wrong_crc", [](B&, R& r) { r.crc = 7; },
             "x.zip: record \"a/x\": its CRC-32 is adf3f363, the directory says 00000007; the file "
             "is damaged: download it again"},
        Case{"duplicate", [](B&, R& r) { r.name = "a/one"; },
             "x.zip: two records are named \"a/one\""},
        Case{"local_name", [](B&, R& r) { r.local_name = "a/y"; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the name"},
        Case{"local_longer_name", [](B&, R& r) { r.local_name = "a/xx"; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the name"},
        Case{"local_method", [](B&, R& r) { r.local_method = 8; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the compression"},
        Case{"local_flags", [](B&, R& r) { r.local_flags = 1; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the flags"},
        Case{"local_size", [](B&, R& r) { r.local_size = 9; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the size"},
        Case{"local_crc", [](B&, R& r) { r.local_crc = 9; },
             "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree "
             "about the CRC"},
        Case{"encrypted", [](B&, R& r) { r.flags = 1; }, "x.zip: record \"a/x\" is encrypted"},
        Case{"encrypted_directory", [](B&, R& r) { r.flags = 1 << 13; },
             "x.zip: record \"a/x\" is encrypted"},
        Case{"method", [](B&, R& r) { r.method = 12; },
             "x.zip: record \"a/x\" is compressed by method 12, not stored or deflated"},
        Case{"stored_sizes_differ", [](B&, R& r) { r.size = 9; },
             "x.zip: record \"a/x\" is stored, but its sizes differ: 4 and 9"},
        Case{"other_disk", [](B&, R& r) { r.disk = 1; },
             "x.zip: record \"a/x\" is on another disk of the archive"},
        Case{"several_disks", [](B& b, R&) { b.disk = 1; }, "x.zip: a zip archive of several disks"},
        Case{"offset_beyond_the_file", [](B&, R& r) { r.offset = 100'000; },
             "x.zip: record \"a/x\" is said to be at byte 100000, the file has 291 bytes"},
        Case{"offset_of_something_else", [](B&, R& r) { r.offset = 1; },
             "x.zip: record \"a/x\": no local header at byte 1"},
        Case{"prepended", [](B& b, R&) { b.before = "MZ"; }, "x.zip: 2 bytes before the first zip record"},
        Case{"prepended_unadjusted",
             [](B& b, R&) {
               b.before = "MZ";
               b.directory_offset = 118;
             },
             "x.zip: the zip directory is said to be 151 bytes at byte 118, but the end record is at "
             "byte 271; bytes were added or lost: download it again"},
        Case{"between_directory_and_end", [](B& b, R&) { b.between = "??"; },
             "x.zip: the zip directory is said to be 151 bytes at byte 118, but the end record is at "
             "byte 271; bytes were added or lost: download it again"},
        Case{"appended", [](B& b, R&) { b.after = "?"; },
             "x.zip: the zip end record at byte 269 says a comment of 0 bytes, 1 follow; bytes were "
             "added or lost: download it again"},
        Case{"end_in_the_comment",
             [](B& b, R&) { b.comment = "PK\5\6" + std::string(18, '\0'); },
             "x.zip: two zip end records, at bytes 269 and 291"},
        Case{"end_sign_in_the_comment", [](B& b, R&) { b.comment = "PK\5\6"; },
             "x.zip: two zip end records, at bytes 269 and 291"},
        Case{"too_few", [](B& b, R&) { b.count = 2; },
             "x.zip: 49 bytes behind the 2 records of the zip directory, at byte 220"},
        Case{"too_long",
             [](B& b, R&) {
               b.between = std::string(600'000, '?');
               b.directory_size = 600'151;
             },
             "x.zip: a zip directory of 600151 bytes is longer than its 3 records can be"},
        Case{"too_many", [](B& b, R&) { b.count = 4; },
             "x.zip: a zip directory of 151 bytes cannot hold the 4 records it says"},
        Case{"zip64_count",
             [](B& b, R&) {
               b.zip64 = true;
               b.count64 = 4;
             },
             "x.zip: the zip end record says 3 records, 151 bytes of directory at 118, the zip64 end "
             "record 4, 151 at 118"},
        Case{"zip64_2_to_40_records",
             [](B& b, R&) {
               b.zip64 = true;
               b.count = 0xffff;
               b.count64 = uint64_t{1} << 40;
             },
             "x.zip: a zip archive of 1099511627776 records, the limit is 1000000; raise the limit "
             "\"records\" if the file is trusted"},
        Case{"zip64_offset",
             [](B& b, R&) {
               b.zip64 = true;
               b.directory_offset = 0xffffffff;
               b.offset64 = UINT64_MAX;
             },
             "x.zip: the zip directory is said to be 151 bytes at byte 18446744073709551615, but the "
             "end record is at byte 269; bytes were added or lost: download it again"},
        Case{"zip64_length",
             [](B& b, R&) {
               b.zip64 = true;
               b.end64_size = 45;
             },
             "x.zip: the zip64 end record at byte 269 says 45 bytes, there are 44"},
        Case{"zip64_locator",
             [](B& b, R&) {
               b.zip64 = true;
               b.locator_offset = 5;
             },
             "x.zip: no zip64 end record at byte 5, where its locator says"},
        Case{"zip64_locator_far",
             [](B& b, R&) {
               b.zip64 = true;
               b.locator_offset = UINT64_MAX;
             },
             "x.zip: the zip64 end record is said to be at byte 18446744073709551615, its locator is "
             "at 325"},
        Case{"zip64_extra_cut_off",
             [](B&, R& r) {
               r.offset = 0xffffffff;
               r.extra = Little(1, 2) + Little(4, 2) + Little(81, 4);
             },
             "x.zip: record \"a/x\": its zip64 extra field is cut off"},
        Case{"zip64_extra_for_the_offset",
             [](B&, R& r) {
               r.offset = 0xffffffff;
               r.extra = Little(1, 2) + Little(8, 2) + Little(81, 8);
             },
             "ok"},
        Case{"zip64_extra_unasked",
             [](B&, R& r) { r.extra = Little(1, 2) + Little(8, 2) + Little(5, 8); },
             "x.zip: record \"a/x\": its zip64 extra field has 8 bytes, 0 are asked for"},
        Case{"patch", [](B&, R& r) { r.flags = 1 << 5; },
             "x.zip: record \"a/x\" is a patch of another file"},
        Case{"zip64_extra_twice",
             [](B&, R& r) {
               r.extra = Little(1, 2) + Little(0, 2) + Little(1, 2) + Little(0, 2);
             },
             "x.zip: record \"a/x\" has two zip64 extra fields"},
        Case{"extra_cut_off", [](B&, R& r) { r.extra = Little(9, 2) + Little(9, 2); },
             "x.zip: record \"a/x\": its extra fields are cut off"},
        Case{"deflate_bomb",
             [](B&, R& r) {
               r.data = Deflated(std::string(1 << 20, 'x'));
               r.method = 8;
               r.size = 100;
               r.crc = 0;
             },
             "x.zip: record \"a/x\": it inflates to more than the 100 bytes it says"},
        Case{"deflated_to_less",
             [](B&, R& r) {
               r.data = Deflated("abc");
               r.method = 8;
               r.size = 100;
               r.crc = 0;
             },
             "x.zip: record \"a/x\": it inflates to 3 bytes from 5, the directory says 100 from 5"},
        Case{"deflated_and_more",
             [](B&, R& r) {
               r.data = Deflated("abc") + "?";
               r.method = 8;
               r.size = 3;
               r.crc = 0;
             },
             "x.zip: record \"a/x\": it inflates to 3 bytes from 5, the directory says 3 from 6"},
        Case{"deflated_cut_off",
             [](B&, R& r) {
               r.data = Deflated("abc").substr(0, 3);
               r.method = 8;
               r.size = 3;
               r.crc = 0;
             },
             "x.zip: record \"a/x\": its deflated data is broken or cut off after 2 bytes"}),
    [](const auto& info) { return info.param.name; });

TEST(ZipDirectory, NamesWhatIsNoZip) {
  EXPECT_EQ(ReadAll("hello"), "x.zip: not a zip archive");
  EXPECT_EQ(
      ReadAll("<html>"),
      "x.zip: this is an HTML page, not a zip archive; the server answered with a page instead "
      "of the file: look at the address in a browser");
}

TEST(ZipDirectory, RefusesOverlaps) {
  ZipBuilder zip;
  ZipBuilder inner;
  inner.Add("b", "xy");
  std::string hidden = inner.Build().substr(0, 33);
  zip.Add("a", hidden).crc = 0;
  ZipRecord& second = zip.Add("b", "xy");
  second.offset = 31;  // in the data of the first
  EXPECT_EQ(ReadAll(zip.Build()), "x.zip: record \"a\" and record \"b\" overlap at byte 31");
}

TEST(ZipDirectory, RefusesDataThatReachesTheDirectory) {
  ZipBuilder zip;
  zip.Add("a", "xy").local_extra = "FB" + Little(0, 2);
  std::string bytes = zip.Build();
  bytes[28] = 40;  // the local header's extra field is said to be longer
  EXPECT_EQ(ReadAll(bytes),
            "x.zip: record \"a\": 2 bytes at byte 71 reach into the zip directory at byte 37");
}

TEST(ZipDirectory, ComparesALocalHeaderWhenItsMemberIsTaken) {
  ZipBuilder zip = Two();
  zip.Add("a/x", "data").local_name = "a/y";
  auto opened = ZipDirectory::Open(MappedFile::OfBytes(AsBytes(zip.Build()), "x.zip"), {},
                                   LocalHeaders::kWhenTaken);
  ASSERT_TRUE(opened) << opened.error().Text();
  const ZipMember& one = opened->members()[0];
  EXPECT_EQ(one.data_offset, 0u);
  EXPECT_EQ(*opened->DataOffset(one), 35u);
  EXPECT_EQ(*opened->ReadMember(one, 5), "hello");
  const std::string text =
      "x.zip: record \"a/x\": its local header at byte 81 and the zip directory disagree about the "
      "name";
  EXPECT_EQ(opened->DataOffset(opened->members()[2]).error().Text(), text);
  EXPECT_EQ(opened->ReadMember(opened->members()[2], 4).error().Text(), text);
}

TEST(ZipDirectory, RefusesDataThatReachesTheNextMemberWhenItIsTaken) {
  ZipBuilder zip;
  zip.Add("a/one", "hello").local_extra = "FB" + Little(0, 2);
  zip.Add("a/two", "world!");
  std::string bytes = zip.Build();
  bytes[28] = 40;  // the first local header's extra field is said to be longer
  EXPECT_EQ(ReadAll(bytes, {}, LocalHeaders::kWhenTaken),
            "x.zip: record \"a/one\": 5 bytes at byte 75 reach over byte 44, where the next record "
            "or the zip directory begins");
}

TEST(ZipDirectory, BoundsTheNumberOfRecords) {
  Limits one;
  one.records = 1;
  EXPECT_EQ(ReadAll(Two().Build(), one),
            "x.zip: a zip archive of 2 records, the limit is 1; raise the limit \"records\" if the "
            "file is trusted");
}

TEST(ZipDirectory, RefusesEveryPrefix) {
  ZipBuilder zip = Two();
  zip.zip64 = true;
  std::string bytes = zip.Build();
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(ReadAll(bytes.substr(0, size)), "ok") << size;
  }
}

TEST(ZipDirectory, SurvivesEveryChangedByte) {
  ZipBuilder zip = Two();
  zip.zip64 = true;
  const std::string good = zip.Build();
  for (size_t at = 0; at < good.size(); ++at) {
    for (int value : {0, 1, 0x7f, 0x80, 0xff}) {
      std::string bytes = good;
      bytes[at] = static_cast<char>(value);
      EXPECT_EQ(ReadAll(bytes) == "ok", ReadAll(bytes, {}, LocalHeaders::kWhenTaken) == "ok") << at;
    }
  }
}

}  // namespace
}  // namespace zoo

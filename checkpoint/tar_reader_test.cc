// Tar headers good and bad, one row each, with the whole message.
#include "zoo/checkpoint/tar_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "zoo/base/bytes.h"
#include "zoo/checkpoint/mapped_file.h"
#include "zoo/checkpoint/tar_builder.h"

namespace zoo {
namespace {

std::string List(const std::string& bytes) {
  auto file = MappedFile::OfBytes(AsBytes(bytes), "x");
  TarReader tar(*file);
  std::string text;
  for (;;) {
    auto member = tar.Next();
    if (!member) return text + member.error().Text();
    if (!*member) return text + "end";
    text += (*member)->name + " " + std::to_string((*member)->offset) + "+" +
            std::to_string((*member)->size);
    text += (*member)->oddity.empty() ? "; " : " " + (*member)->oddity + "; ";
  }
}

struct Row {
  std::string name, bytes, text;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

std::string One(TarEntry entry) { return TarMemberText(entry); }
const std::string kOne = One({.name = "a", .data = "xyz"});

class Headers : public testing::TestWithParam<Row> {};
TEST_P(Headers, AreReadAs) { EXPECT_EQ(List(GetParam().bytes), GetParam().text); }

INSTANTIATE_TEST_SUITE_P(
    Tar, Headers,
    testing::Values(
        Row{"two_members", kOne + One({.name = "b"}) + TarEnd(), "a 512+3; b 1536+0; end"},
        Row{"v7", One({.name = "a", .data = "xyz", .type = '\0', .ustar = false}) + TarEnd(),
            "a 512+3; end"},
        Row{"no_end", kOne, "a 512+3; end"}, Row{"no_padding", kOne.substr(0, 515), "a 512+3; end"},
        Row{"part_of_an_end", kOne + std::string(7, '\0'), "a 512+3; end"},
        Row{"behind_the_end", kOne + TarEnd() + kOne, "a 512+3; end"},
        Row{"prefix", One({.name = "a", .prefix = "dir"}), "dir/a 512+0; end"},
        Row{"full_name", One({.name = std::string(100, 'n')}),
            std::string(100, 'n') + " 512+0; end"},
        Row{"size_with_spaces", One({.name = "a", .data = "xyz", .size = "         3 "}),
            "a 512+3; end"},
        Row{"pax_time", PaxText("mtime", "1480000000.5") + kOne, "a 1536+3; end"},
        Row{"pax_size",
            PaxText("size", "3") + One({.name = "a", .data = "xyz", .size = "00000000000"}),
            "a 1536+3; end"},
        Row{"pax_path", PaxText("path", "b") + kOne, "a 1536+3 its pax header sets \"path\"; end"},
        Row{"pax_link", PaxText("linkpath", "b") + kOne,
            "a 1536+3 its pax header sets \"linkpath\"; end"},
        Row{"pax_sparse", PaxText("GNU.sparse.map", "0,1") + kOne,
            "a 1536+3 its pax header sets \"GNU.sparse.map\"; end"},
        Row{"hard_link", One({.name = "a", .type = '1'}), "a 512+0 it is a hard link; end"},
        Row{"symbolic_link", One({.name = "a", .type = '2'}), "a 512+0 it is a symbolic link; end"},
        Row{"character_device", One({.name = "a", .type = '3'}),
            "a 512+0 it is a character device; end"},
        Row{"block_device", One({.name = "a", .type = '4'}), "a 512+0 it is a block device; end"},
        Row{"directory", One({.name = "a/", .type = '5'}), "a/ 512+0 it is a directory; end"},
        Row{"fifo", One({.name = "a", .type = '6'}), "a 512+0 it is a FIFO; end"},
        Row{"long_name", One({.name = "././@LongLink", .data = "b", .type = 'L'}),
            "././@LongLink 512+1 it is a GNU long name; end"},
        Row{"sparse", One({.name = "a", .type = 'S'}), "a 512+0 it is a sparse file; end"},
        Row{"global", One({.name = "g", .data = "x", .type = 'g'}),
            "g 512+1 it is a global pax header; end"},
        Row{"unknown_type", One({.name = "a", .type = '\x7f'}), "a 512+0 it is of type 0x7f; end"},
        Row{"bad_checksum", One({.name = "a", .checksum = "000001\1 "}),
            "x: tar header at byte 0: its checksum is 3134, it says nothing readable"},
        Row{"wrong_checksum", One({.name = "a", .checksum = "000001  "}),
            "x: tar header at byte 0: its checksum is 3134, it says 1"},
        Row{"cut_in_a_header", kOne + kOne.substr(0, 100),
            "a 512+3; x: tar header at byte 1024: cut off after 1124 bytes; download it again"},
        Row{"cut_in_a_member", kOne.substr(0, 514),
            "x: tar header at byte 0: \"a\" is 3 bytes, the file has 2 more; if it was cut off, "
            "download it again"},
        Row{"huge", One({.name = "a", .size = "77777777777"}),
            "x: tar header at byte 0: \"a\" is 8589934591 bytes, the file has 0 more; if it was "
            "cut off, download it again"},
        Row{"negative", One({.name = "a", .size = "-0000000001"}),
            "x: tar header at byte 0: the size of \"a\" is not an octal number"},
        Row{"base_256", One({.name = "a", .size = std::string("\x80\0\0\0\0\0\0\0\0\0\0\3", 12)}),
            "x: tar header at byte 0: the size of \"a\" is not an octal number"},
        Row{"no_size", One({.name = "a", .size = "           "}),
            "x: tar header at byte 0: the size of \"a\" is not an octal number"},
        Row{"pax_size_is_text", PaxText("size", "many") + kOne,
            "x: tar header at byte 0: the pax size \"many\" is not a number"},
        Row{"pax_size_beyond", PaxText("size", "18446744073709551615") + kOne,
            "x: tar header at byte 1024: \"a\" is 18446744073709551615 bytes, the file has 512 "
            "more; if it was cut off, download it again"},
        Row{"pax_record_too_long", One({.name = "p", .data = "99 a=b\n", .type = 'x'}),
            "x: tar header at byte 0: a pax header with a broken record"},
        Row{"pax_record_without_value", One({.name = "p", .data = "6 abc\n", .type = 'x'}),
            "x: tar header at byte 0: a pax header with a broken record"},
        Row{"pax_large", One({.name = "p", .data = std::string(65537, ' '), .type = 'x'}),
            "x: tar header at byte 0: a pax header of 65537 bytes, the limit is 65536"},
        Row{"pax_alone", PaxText("mtime", "1"),
            "x: tar header at byte 0: a pax header without a member behind it"},
        Row{"pax_twice", PaxText("mtime", "1") + PaxText("mtime", "1") + kOne,
            "x: tar header at byte 1024: two pax headers in a row"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace zoo

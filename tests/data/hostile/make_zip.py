"""Section 12, rows on the container: zip archives that two readers take for two different files."""

import struct

from assemble import *

GOOD = pickled(dict_of((text("w"), tensor())))
# What the other reader is to see.
EVIL = pickled(beside(ATTACK))


def changed(file, change, **options):
    """The good archive after `change` had its records; options are those of archive()."""
    parts = records(GOOD)
    if change:
        change(*parts)
    write(file, archive(parts, **options))


def with_record(file, *more, first=False):
    write(file, archive([*more, *records(GOOD)] if first else [*records(GOOD), *more]))


def extra(kind, body):
    return le(kind, 2) + le(len(body), 2) + body


def twins():
    # Of two records of one name PyTorch takes the first, Python's zipfile the last.
    with_record("zip_two_pickles.pth", Record("m/data.pkl", EVIL))
    with_record("zip_two_storages.pth", Record("m/data/0", bytes(24)))
    with_record("zip_two_versions.pth", Record("m/version", b"4\n"))
    # Where names ignore case the last one written wins.
    with_record("zip_case_of_pickle.pth", Record("m/DATA.PKL", EVIL))
    with_record("zip_case_of_storage.pth", Record("m/Data/0", bytes(24)))
    with_record("zip_case_of_folder.pth", Record("M/data.pkl", EVIL))
    # Two directory entries, one record: the data is the same, but not the names.
    changed("zip_same_offset.pth", lambda pickle, order, data, version: setattr(version, "offset", 0))
    # A record inside another's data (quoted overlap), which only the directory tells of.
    inner = archive([Record("m/data.pkl", EVIL)])
    inner = inner[: inner.index(b"PK\1\2")]
    parts = records(GOOD)
    parts.append(Record("m/data.pkl2", b"", offset=None))
    outer = [Record("m/note", inner), *records(GOOD)]
    outer[1].offset = 30 + len("m/note")
    write("zip_record_in_record.pth", archive(outer))
    # Local records that the directory leaves out: a reader that scans finds them, this one does not look.
    with_record("zip_unlisted_record.pth", Record("m/data.pkl", EVIL, listed=False), first=False)
    with_record("zip_unlisted_first.pth", Record("m/data.pkl", EVIL, listed=False), first=True)


def local_headers():
    # PyTorch never reads local headers, others only those (picklescan CVE-2025-1944: the name,
    # CVE-2025-1945: the flags).
    def local(**says):
        return lambda pickle, *others: pickle.local.update(says)

    changed("zip_local_name.pth", local(name=b"m/data.txt"))
    changed("zip_local_name_longer.pth", local(name=b"m/data.pkl.txt"))
    changed("zip_local_name_empty.pth", local(name=b""))
    changed("zip_local_method.pth", local(method=8))
    changed("zip_local_size.pth", local(size=5))
    changed("zip_local_stored_size.pth", local(stored=5))
    changed("zip_local_crc.pth", local(crc=5))
    changed("zip_local_encrypted.pth", local(flags=1))
    changed("zip_local_flags.pth", local(flags=2))
    changed("zip_local_signature.pth", lambda pickle, order, data, version: setattr(data, "offset", 1))
    # An extra field that moves the data into the next record, or past the directory.
    parts = archive(records(GOOD))
    at = parts.index(b"PK\3\4", 4)
    write("zip_local_extra_longer.pth", parts[: at + 28] + le(60, 2) + parts[at + 30 :])
    write("zip_local_extra_past_the_end.pth", parts[: at + 28] + le(60_000, 2) + parts[at + 30 :])


def flags_and_methods():
    def flags(value):
        return lambda pickle, *others: setattr(pickle, "flags", value)

    changed("zip_encrypted.pth", flags(1))
    changed("zip_strong_encryption.pth", flags(1 | 1 << 6))
    changed("zip_encrypted_directory.pth", flags(1 << 13))
    changed("zip_patch_data.pth", flags(1 << 5))
    # Reserved: PyTorch's own are 0x0808.
    changed("zip_reserved_flag.pth", flags(1 << 14))
    for method, what in ((1, "shrunk"), (9, "deflate64"), (12, "bzip2"), (14, "lzma"), (93, "zstd"), (99, "aes")):
        changed(f"zip_{what}.pth", lambda pickle, *others: setattr(pickle, "method", method))
    changed("zip_stored_with_two_sizes.pth", lambda pickle, *others: setattr(pickle, "size", 7))


def ends():
    changed("zip_prepended.pth", None, before=b"#!/bin/sh\n")
    # As a self-extracting archive has it, whose offsets count from its own start.
    prepended = archive(records(GOOD))
    write("zip_prepended_unadjusted.pth", b"PK\3\4" + bytes(60) + prepended)
    changed("zip_appended.pth", None, after=b"\0")
    changed("zip_bytes_before_the_end.pth", None, between=b"????")
    # Of two end records PyTorch takes the inner one, in the comment of the outer.
    hidden = archive([Record("m/data.pkl", EVIL)])
    changed("zip_end_in_comment.pth", None, comment=hidden[hidden.rindex(b"PK\5\6") :])
    changed("zip_archive_in_comment.pth", None, comment=hidden)
    changed("zip_two_archives.pth", None, after=archive(records(EVIL)))
    changed("zip_two_ends.pth", None, after=b"PK\5\6" + bytes(18))
    # The length of the comment is wrong: the end is not the end.
    whole = archive(records(GOOD), comment=b"comment")
    write("zip_comment_longer.pth", whole[:-9] + le(8, 2) + whole[-7:])
    write("zip_comment_shorter.pth", whole[:-9] + le(6, 2) + whole[-7:])
    changed("zip_disk.pth", None, disk=1)
    changed("zip_count_on_disk.pth", None, here=1)
    changed("zip_record_on_disk.pth", lambda pickle, *others: setattr(pickle, "disk", 1))
    changed("zip_count_too_small.pth", None, count=3)
    changed("zip_count_too_large.pth", None, count=5)
    changed("zip_count_zero.pth", None, count=0)
    changed("zip_count_65534.pth", None, count=65_534)
    changed("zip_directory_offset.pth", None, offset=4)
    changed("zip_directory_size.pth", None, size=40)
    changed("zip_directory_beyond.pth", None, offset=0xFFFFFFF0)
    write("zip_no_records.pth", archive([]))
    changed("zip_record_offset_beyond.pth", lambda pickle, *others: setattr(pickle, "offset", 1_000_000))
    changed("zip_record_saturated.pth", lambda pickle, *others: setattr(pickle, "offset", 0xFFFFFFFF))
    cut = archive(records(GOOD))
    write("zip_cut_off.pth", cut[:-60])
    write("zip_directory_signature.pth", cut.replace(b"PK\1\2", b"PK\1\3", 1))
    # The directory's entry says a name longer than the directory.
    at = cut.rindex(b"PK\1\2")
    write("zip_name_too_long.pth", cut[: at + 28] + le(60_000, 2) + cut[at + 30 :])


def zip64():
    changed("zip64_good.pth", None, zip64=True)
    changed("zip64_count.pth", None, zip64=True, count64=5)
    changed("zip64_size.pth", None, zip64=True, size64=5)
    changed("zip64_offset.pth", None, zip64=True, offset64=5)
    changed("zip64_offset_saturated.pth", None, zip64=True, offset=0xFFFFFFFF, offset64=2**64 - 1)
    # 2^40 records: nobody may reserve memory for them.
    changed("zip64_2_to_40_records.pth", None, zip64=True, count=0xFFFF, count64=2**40)
    changed("zip64_many_records.pth", None, zip64=True, count=0xFFFF, count64=900_000)
    changed("zip64_disk.pth", None, zip64=True, disk64=1)
    changed("zip64_locator_disk.pth", None, zip64=True, locator_disk=1)
    changed("zip64_disks.pth", None, zip64=True, disks=2)
    changed("zip64_count_on_disk.pth", None, zip64=True, here64=1)
    changed("zip64_locator.pth", None, zip64=True, locator=4)
    changed("zip64_locator_beyond.pth", None, zip64=True, locator=2**64 - 1)
    changed("zip64_end_longer.pth", None, zip64=True, length64=45)
    changed("zip64_end_huge.pth", None, zip64=True, length64=2**64 - 1)

    def field(body, **says):
        def change(pickle, order, data, version):
            data.extra = body
            for key, value in says.items():
                setattr(data, key, value)

        return change

    huge = 0xFFFFFFFF
    parts = archive(records(GOOD))
    at = parts.index(b"PK\3\4", parts.index(b"PK\3\4", 4) + 4)
    # Values for the saturated fields only, and in this order: size, stored size, offset.
    changed("zip64_extra_good.pth", field(extra(1, le(at, 8)), offset=huge))
    changed("zip64_extra_missing.pth", field(b"", size=huge, stored=huge))
    changed("zip64_extra_cut_off.pth", field(extra(1, le(at, 4)), offset=huge))
    changed("zip64_extra_twice.pth", field(extra(1, le(at, 8)) * 2, offset=huge))
    # Values for fields that are not saturated: some readers take these.
    changed("zip64_extra_unasked.pth", field(extra(1, le(5, 8) + le(5, 8))))
    changed("zip64_extra_too_many.pth", field(extra(1, le(at, 8) + le(7, 8)), offset=huge))
    changed("zip64_extra_huge.pth", field(extra(1, le(2**63, 8) + le(2**63, 8)), size=huge, stored=huge))
    changed("zip64_extra_wraps.pth", field(extra(1, le(2**64 - 8, 8) + le(2**64 - 8, 8)), size=huge, stored=huge))
    changed("zip64_extra_offset_huge.pth", field(extra(1, le(2**64 - 1, 8)), offset=huge))
    changed("zip_extra_cut_off.pth", field(le(9, 2) + le(9, 2)))
    changed("zip_extra_rest.pth", field(b"abc"))


def checks():
    def wrong(which):
        def change(*parts):
            parts[which].crc ^= 1

        return change

    # A wrong CRC of the pickle is an error at once, of a storage when it is read whole.
    changed("crc_of_pickle.pth", wrong(0))
    changed("crc_of_storage.pth", wrong(2))
    changed("crc_of_version.pth", wrong(3))
    # Not computed: PyTorch's set_crc32_options(False).
    changed("crc_zero.pth", lambda *parts: [setattr(part, "crc", 0) for part in parts])


def deflate():
    zeros = bytes(1 << 20)
    good = records(GOOD)[1:]

    def pickle_record(record, file):
        write(file, archive([record, *good]))

    # A mebibyte behind a size of a few bytes, which is all that is ever inflated.
    pickle_record(deflated("m/data.pkl", zeros, size=len(GOOD)), "deflate_more_than_said.pth")
    pickle_record(deflated("m/data.pkl", GOOD, size=len(GOOD) + 1), "deflate_less_than_said.pth")
    # The size is above the limit of 256 MiB, whatever is in it.
    pickle_record(deflated("m/data.pkl", GOOD, size=300 << 20), "deflate_pickle_limit.pth")
    # Within the limit, and not true.
    pickle_record(deflated("m/data.pkl", GOOD, size=200 << 20), "deflate_pickle_promised.pth")
    pickle_record(deflated("m/data.pkl", b"\x80\2" + b"(0" * 500_000 + b"N."), "deflate_pickle_of_marks.pth")
    broken = deflated("m/data.pkl", GOOD)
    pickle_record(Record("m/data.pkl", b"\7" + broken.data[1:], method=8, size=len(GOOD), crc=0), "deflate_broken.pth")
    short = broken.data[:-4]
    pickle_record(Record("m/data.pkl", short, method=8, size=len(GOOD), crc=0), "deflate_cut_off.pth")
    longer = broken.data + b"PK"
    pickle_record(Record("m/data.pkl", longer, method=8, size=len(GOOD), crc=0), "deflate_bytes_behind.pth")
    pickle_record(deflated("m/data.pkl", EVIL, crc=1), "deflate_crc.pth")
    # Storages: no more than the elements they have.
    def storage_record(record, file):
        write(file, archive([Record("m/data.pkl", GOOD), record, Record("m/version", b"3\n")]))

    storage_record(deflated("m/data/0", zeros), "deflate_storage_larger.pth")
    storage_record(deflated("m/data/0", zeros, size=24), "deflate_storage_more_than_said.pth")
    storage_record(deflated("m/data/0", bytes(8), size=24), "deflate_storage_less_than_said.pth")
    # 80 MiB of zeros, seen through two elements: memory for two is enough.
    count = 20 << 20
    big = storage(numel=integer(count))
    values = dict_of((text("w"), tensor(big, size=integers(2), stride=integers(count - 1))), (text("s"), big))
    write("deflate_view_of_80_mib.pth", archive([Record("m/data.pkl", pickled(values)), deflated("m/data/0", bytes(4 * count)), Record("m/version", b"3\n")]))


def names():
    # Names are compared, never opened. What could be a path somewhere is refused.
    for what, bad in (
        ("dots", b"m/../../etc/cron.d/x"), ("dots_at_the_end", b"m/data/.."), ("absolute", b"/etc/passwd"),
        ("backslash", b"m\\..\\x"), ("backslash_inside", b"m/data\\0"), ("nul", b"m/data/0\0.txt"), ("empty", b""),
        ("drive", b"C:/x"), ("other_folder", b"n/data.pkl"), ("no_folder", b"readme.txt"), ("macos", b"__MACOSX/._m"),
    ):  # fmt: skip
        with_record(f"name_{what}.pth", Record(bad, b"x"))
    # Harmless: a folder's own entry, and names in no encoding. Both are told escaped.
    with_record("name_of_folder.pth", Record(b"m/data/", b""))
    with_record("name_not_utf8.pth", Record(b"m/data/\xff\xfe", b"x"))
    # Names that write on a terminal.
    bad = records(GOOD)
    bad.append(Record(b"m/\x1b]0;owned\7\n", b"x", crc=1))
    write("name_escapes.pth", archive(bad))
    # PyTorch cuts a storage's key at a NUL.
    for what, key in (
        ("dots", "../version"), ("absolute", "/etc/passwd"), ("nul", "0\0"), ("backslash", "..\\version"), ("empty", ""),
        ("missing", "1"), ("slash", "0/"), ("surrogate", "\ud800"), ("escapes", "\x1b[2J\n"),
    ):  # fmt: skip
        write(f"key_{what}.pth", checkpoint(dict_of((text("w"), tensor(storage(key=text(key)))))))
    write("key_is_int.pth", checkpoint(dict_of((text("w"), tensor(storage(key=integer(0)))))))
    write("key_is_bytes.pth", checkpoint(dict_of((text("w"), tensor(storage(key=b"C\0010")))), 3))


def records_of_torch():
    def version(file, data):
        parts = records(GOOD)[:3]
        write(file, archive(parts + ([Record("m/version", data)] if data is not None else [])))

    version("version_missing.pth", None)
    version("version_zero.pth", b"0\n")
    version("version_eleven.pth", b"11\n")
    version("version_huge.pth", b"99999999999999999999\n")
    version("version_negative.pth", b"-3\n")
    version("version_text.pth", b"3; rm -rf /\n")
    version("version_escapes.pth", b"\x1b[31m")
    version("version_empty.pth", b"")
    version("version_long.pth", b"3" + b"\n" * 100)
    parts = records(GOOD)
    parts[1] = Record("m/byteorder", b"middle")
    write("byteorder_middle.pth", archive(parts))
    parts[1] = Record("m/byteorder", b"little" + bytes(100))
    write("byteorder_long.pth", archive(parts))
    # No top folder: two records that could be two archives.
    write("no_folder.pth", archive(records(GOOD, top="")))
    # A zip of something else.
    write("zip_of_text.pth", archive([Record("readme.txt", b"hello")]))


def make():
    twins()
    local_headers()
    flags_and_methods()
    ends()
    zip64()
    checks()
    deflate()
    names()
    records_of_torch()

"""Laws of what is packed: all that can be read is read, member by member; the rest is told."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from piiforge import logs
from piiforge.logs import Manner, Mark, Row, Unread, packing
from piiforge.logs.records import Reason

LINES = b"one line\nand two\n"
ROWS = [(1, "one line"), (2, "and two")]


def zstd(content):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(content)
    return sink.getvalue().to_pybytes()


def skippable(size, sign=0):
    """Return a frame of zstd that holds no data: RFC 8878, 3.1.2."""
    return bytes([0x50 + sign]) + b"\x2a\x4d\x18" + size.to_bytes(4, "little") + b"\xff" * size


def tar(files, how=tarfile.PAX_FORMAT):
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=how) as out:
        folder = tarfile.TarInfo("logs")
        folder.type = tarfile.DIRTYPE
        out.addfile(folder)
        for name, content in files.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            out.addfile(told, io.BytesIO(content))
    return sink.getvalue()


def zipped(files):
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as out:
        out.mkdir("logs")
        for name, content in files.items():
            out.writestr(name, content)
    return sink.getvalue()


def parquet(text):
    sink = io.BytesIO()
    pq.write_table(pa.table({"x": text.decode().split("\n")}), sink)
    return sink.getvalue()


PACKERS = {"gzip": gzip.compress, "zstd": zstd, "bzip2": bz2.compress, "xz": lzma.compress}
ARCHIVES = {"tar": tar, "zip": zipped}
every_packer = pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
every_archive = pytest.mark.parametrize("archive", ARCHIVES.values(), ids=ARCHIVES)


@pytest.fixture
def read(tmp_path):
    def reading(content, name="a.log", manner=None):
        (tmp_path / name).write_bytes(content)
        (source,) = logs.find([str(tmp_path / name)])
        with logs.Log(source, manner or Manner()) as log:
            return list(log.items())

    return reading


def contents(items):
    return [(item.row, item.content) for item in items if isinstance(item, Row)]


def unread(items):
    return [(item.member, item.row, item.reason) for item in items if isinstance(item, Unread)]


@every_packer
def test_frames_one_after_the_other_are_one_content(read, pack):
    found = read(pack(b"one li") + pack(b"") + pack(b"ne\nand two\n"))
    assert (contents(found), unread(found)) == (ROWS, [])


@every_packer
@pytest.mark.parametrize(
    "behind", [b"\x00" * 7, b"\x00" * 200_000, b"rubbish", b"\x00\x00rubbish" * 99, b"\x1f"],
    ids=["zeros", "many", "rubbish", "both", "short"],
)  # fmt: skip
def test_what_stands_behind_is_told_and_costs_no_row(read, pack, behind):
    found = read(pack(LINES) + behind)
    assert (contents(found), unread(found)) == (ROWS, [("", 3, Reason.REST)])


@every_packer
def test_frames_behind_zeros_are_read(read, pack):
    found = read(pack(b"one line\n") + b"\x00" * 512 + pack(b"and two\n"))
    assert (contents(found), unread(found)) == (ROWS, [("", 3, Reason.REST)])


@pytest.mark.parametrize("size", [0, 4, 100_000])
@pytest.mark.parametrize("place", ["first", "middle", "last", "twice"])
def test_frames_of_zstd_without_data_are_passed_over_anywhere(read, place, size):
    first, second, none = zstd(b"one line\n"), zstd(b"and two\n"), skippable(size, sign=size % 16)
    content = {
        "first": none + first + second,
        "middle": first + none + second,
        "last": first + second + none,
        "twice": none + none + first + none + none + second,
    }[place]
    found = read(content)
    assert (contents(found), unread(found)) == (ROWS, [])


def test_a_stream_of_zstd_of_many_blocks_and_sums_is_cut_rightly(read):
    lines = b"".join(b"row %d %x\n" % (at, at * 7919) for at in range(40_000))
    found = read(skippable(4) + zstd(lines) + zstd(lines))
    assert contents(found) == list(enumerate(lines.decode().split("\n")[:-1] * 2, 1))
    assert unread(found) == []


def test_a_frame_without_data_that_is_cut_short_is_told(read):
    assert unread(read(zstd(LINES) + skippable(100)[:50])) == [("", 3, Reason.CUT)]


@every_packer
def test_a_stream_packed_in_another_is_unpacked_again(read, pack):
    assert contents(read(gzip.compress(pack(LINES)))) == ROWS
    assert contents(read(pack(gzip.compress(LINES)))) == ROWS


@every_archive
@pytest.mark.parametrize("pack", [bytes, *PACKERS.values()], ids=["plain", *PACKERS])
def test_an_archive_is_read_member_by_member(read, archive, pack):
    inner = {"a.log": LINES, "d/b.csv": b"id,mail\n1,x\n", "c.log.gz": gzip.compress(LINES),
             "d/e.png": b"\x89PNG", "empty.log": b""}  # fmt: skip
    found = read(pack(archive(inner)), "logs.tgz")
    rows = [(item.member, item.row, item.content) for item in found if isinstance(item, Row)]
    assert rows == [
        ("a.log", 1, "one line"), ("a.log", 2, "and two"),
        ("d/b.csv", 0, "id,mail"), ("d/b.csv", 1, '{"id":"1","mail":"x"}'),
        ("c.log.gz", 1, "one line"), ("c.log.gz", 2, "and two"),
    ]  # fmt: skip
    assert unread(found) == [("d/e.png", 0, Reason.BINARY)]


@every_archive
def test_an_archive_in_an_archive_names_both(read, archive):
    (found,) = read(tar({"x.tar": archive({"a.log": b"one\n"})}))
    assert (found.member, found.content) == ("x.tar!a.log", "one")


@pytest.mark.parametrize("how", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_kept_by_every_kind_of_tar(read, how):
    name = "/".join(["logs" * 10] * 4) + "/día.log" if how != tarfile.USTAR_FORMAT else "a/b.log"
    (found,) = read(tar({name: b"one\n"}, how))
    assert (found.member, found.content) == (name, "one")


def test_tars_one_after_the_other_are_read_and_what_is_none_is_told(read):
    found = read(tar({"a.log": b"one\n"}) + tar({"b.log": b"two\n"}) + b"rubbish" * 100)
    assert [item.member for item in found if isinstance(item, Row)] == ["a.log", "b.log"]
    assert unread(found) == [("", 0, Reason.REST)]


@every_archive
def test_an_archive_that_is_cut_short_is_told(read, archive):
    noise = b"".join(b"%x\n" % (at * 7919**5) for at in range(30_000))
    found = read(archive({"a.log": LINES, "b.log": noise})[:60_000])
    assert unread(found)[-1] == ("", 0, Reason.CUT)
    assert (contents(found)[:2] == ROWS) == (archive is tar)  # a zip's index stands at its end


def test_a_member_that_is_locked_is_told_and_the_others_are_read(read):
    content = bytearray(zipped({"a.log": b"one\n", "b.log": b"two\n"}))
    flags = content.index(b"PK\x01\x02", content.index(b"PK\x01\x02") + 1) + 8  # of a.log
    content[flags] |= 1
    found = read(bytes(content))
    assert unread(found) == [("a.log", 0, Reason.PACKED)]
    assert contents(found) == [(1, "two")]


def test_what_is_packed_too_deep_is_told(read):
    content = LINES
    for _ in range(packing.DEEPEST):
        content = gzip.compress(content)
    assert contents(read(content)) == ROWS
    assert unread(read(gzip.compress(content))) == [("", 0, Reason.MUCH)]


@every_packer
@pytest.mark.parametrize("wrapped", [bytes, lambda content: tar({"a": content, "b": content})])
def test_what_unpacks_to_far_too_much_is_given_up(read, pack, wrapped, monkeypatch):
    monkeypatch.setattr(packing, "FREE_BYTES", 300_000)
    monkeypatch.setattr(packing, "TIMES", 2)
    found = read(wrapped(pack(b"x" * 99 + b"\n") + pack(b"y" * 499 + b"\n" * 2_000_000)))
    assert contents(found)[0] == (1, "x" * 99)
    assert unread(found)[-1][2] is Reason.MUCH


@pytest.mark.parametrize("content", [tar({"a.log": LINES, "b.log": LINES * 9}),
                                     gzip.compress(zipped({"a.log": LINES, "b.csv": b"a,b\n1,2"})),
                                     gzip.compress(LINES) + b"\x00" * 9])  # fmt: skip
def test_reading_goes_on_from_every_mark(read, tmp_path, content):
    whole = read(content)
    (source,) = logs.find([str(tmp_path / "a.log")])
    for taken in range(1, len(whole) + 1):
        with logs.Log(source, Manner()) as log:
            mark = log.after(Mark(), whole[taken - 1], taken)
            assert list(log.items(mark)) == whole[taken:]


@pytest.mark.parametrize("kind", [*PACKERS, *ARCHIVES, "parquet", "utf-16"])
def test_no_damage_raises_and_all_of_it_is_told(read, kind):
    rng = Random(kind)
    text = b"".join(b"line %d of this log\n" % at for at in range(60))
    whole = {"parquet": parquet(text), "utf-16": text.decode().encode("utf-16")}
    whole |= {name: pack(text) for name, pack in PACKERS.items()}
    whole |= {name: pack({"a.log": text, "b.csv": text}) for name, pack in ARCHIVES.items()}
    for _ in range(80):
        content = bytearray(whole[kind])
        for _ in range(rng.randrange(1, 9)):
            content[rng.randrange(len(content))] = rng.randrange(256)
        found = read(bytes(content[: rng.randrange(1, 2 * len(content))]), f"a.{kind}")
        assert found

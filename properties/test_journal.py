"""Journals of sweeps: whole and of the same call, or refused; never overwritten."""

import errno
import itertools
import json
import os
import re
import resource
import time
import zlib

import pytest
from sweep_jobs import Toy, joined_in_a_loop, lines_of

from verify.checks.accuracy.journal import Journal
from verify.checks.accuracy.sweep import sweep

TOY = joined_in_a_loop(Toy())


def sealed(record):
    text = json.dumps(record, separators=(",", ":")).encode()[:-1]
    return text + b',"crc32":"%08x"}\n' % zlib.crc32(text)


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "toy.journal"


@pytest.fixture
def whole(journal):
    sweep(Toy(), journal=journal)
    return journal


# Damage. Two blocks make a journal so short that every place can be tried.


@pytest.fixture
def short(journal):
    sweep(Toy(blocks=2), journal=journal)
    return journal


def test_every_flipped_bit_is_found_and_nothing_is_overwritten(short):
    good = short.read_bytes()
    for place, bit in itertools.product(range(len(good) - 1), range(8)):
        bad = good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
        short.write_bytes(bad)
        with pytest.raises(ValueError, match="measure needs a journal that"):
            sweep(Toy(blocks=2), journal=short)
        assert short.read_bytes() == bad


def test_a_cut_at_any_place_costs_the_last_line_and_says_so(short):
    good = short.read_bytes()
    ends = [len(b"".join(lines_of(short)[:n])) for n in (0, 1, 2, 3)]
    for place in range(len(good)):
        short.write_bytes(good[:place])
        swept = sweep(Toy(blocks=2), journal=short)
        assert swept.result == sweep(Toy(blocks=2)).result
        assert swept.resumed == max(sum(end <= place for end in ends) - 2, 0)
        assert len(swept.notes) == (place not in ends and place > ends[1])
        assert sorted(lines_of(short)) == sorted(good.splitlines(keepends=True))


def test_the_note_names_the_block_that_was_cut_short(whole):
    whole.write_bytes(whole.read_bytes()[:-9])
    number = re.search(r"\d+", lines_of(whole)[-1].decode())[0]
    (note,) = sweep(Toy(), journal=whole).notes
    assert note == f"the last line of {whole} was cut short; block {number} is done again"


def damages():
    line = re.escape("measure needs a journal that is whole, got ") + ".*toy.journal, where "
    cure = "; delete it to begin again"
    foreign = "that it began, got .*, which does not begin as one; name another file"
    block = {"block": 3, "part": [3, 0.5, "x"]}
    return [
        (lambda a: [*a[:16], a[16].replace(b"part", b"pert"), *a[17:]],
         f"{line}line 17 is not as it was written{cure}"),
        (lambda a: [*a, sealed(block)], f"{line}line 42 is of block 3, as is another line, but"),
        (lambda a: [*a, sealed(block | {"block": 40})], f"{line}line 42 is of block 40 of 40"),
        (lambda a: [*a, sealed({"block": 7})], f"{line}line 42 is of block 7 of 40"),
        (lambda a: [*a, b"nothing\n"], f"{line}line 42 is not as it was written"),
        (lambda a: [*a, b"\0" * 300 + b"\n"], f"{line}line 42 is not as it was written"),
        (lambda a: [a[0], a[0], *a[1:]], f"{line}line 2 is of block None"),
        (lambda a: [a[0][:40] + b"x" + a[0][41:], *a[1:]], f"{line}line 1 is not as it was"),
        (lambda a: a[1:], foreign),
        (lambda a: [b"dear diary\n", *a], foreign),
        (lambda a: [b"dear diary"], foreign),
    ]  # fmt: skip


@pytest.mark.parametrize(("damage", "message"), damages())
def test_damage_is_said_with_its_line_and_cure(whole, damage, message):
    bad = b"".join(damage(lines_of(whole)))
    whole.write_bytes(bad)
    with pytest.raises(ValueError, match=message):
        sweep(Toy(), journal=whole)
    assert whole.read_bytes() == bad


def test_a_line_that_is_there_twice_is_no_damage(whole):
    whole.write_bytes(b"".join([*lines_of(whole), lines_of(whole)[7]]))
    assert sweep(Toy(), journal=whole)[:3] == (TOY, (), 40)


# Journals of something else


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"function": "f"}, 'where function is "toy" instead of "f"; name another file, or'),
        ({"dtype": None}, 'where dtype is "float16" instead of null'),
        ({"of": [0.1, 0.0]}, r"where of is \[0.1, -0.0\] instead of \[0.1, 0.0\]"),
        ({"jax": "9.9"}, 'where jax is null instead of "9.9"'),
        ({"function": "f", "jax": 1}, 'function is "toy" instead of "f", jax is null instead of 1'),
        ({"function": "f" * 99}, 'instead of "f{76}[.]{3}; name'),
    ],
)
def test_a_journal_of_another_sweep_is_refused_with_both_values(whole, change, message):
    with (
        pytest.raises(ValueError, match=message),
        Journal.opened(whole, Toy().identity | change, 40),
    ):
        pass


def test_a_journal_of_other_blocks_or_of_another_version_is_refused(whole):
    with pytest.raises(ValueError, match="where blocks is 40 instead of 41"):
        sweep(Toy(blocks=41), journal=whole)
    header, *blocks = lines_of(whole)
    record = json.loads(header) | {"schema": 2}
    record.pop("crc32")
    whole.write_bytes(b"".join([sealed(record), *blocks]))
    with pytest.raises(ValueError, match="where schema is 2 instead of 1"):
        sweep(Toy(), journal=whole)


def test_a_journal_in_use_is_refused(whole):
    with (
        Journal.opened(whole, Toy().identity, 40),
        pytest.raises(ValueError, match=r"needs a journal of its own, got .*another call is"),
    ):
        sweep(Toy(), journal=whole)
    assert sweep(Toy(), journal=whole).resumed == 40


# Places that cannot be written


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    for path, why in [
        (tmp_path / "no" / "j", "No such file or directory; make the folder '.*no'"),
        (tmp_path, "Is a directory"),
        (tmp_path / "file" / "j", "Not a directory"),
        (tmp_path / "pipe", "Is no plain file"),
    ]:
        with pytest.raises(
            ValueError, match=f"needs a journal that can be written, got '.*': {why}"
        ):
            sweep(Toy(), journal=path)


def test_a_place_without_leave_to_write_is_refused(journal, monkeypatch):
    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ValueError, match=r"got '.*toy.journal': Permission denied\.$"):
        sweep(Toy(), journal=journal)


def test_a_journal_needs_a_path():
    with pytest.raises(TypeError, match="measure needs a path for journal, got int 3"):
        sweep(Toy(), journal=3)


def test_a_full_disk_is_said_and_what_is_written_stays_good(journal, monkeypatch):
    write, calls = os.write, itertools.count()

    def fill(descriptor, data):
        if next(calls) < 10:
            return write(descriptor, data)
        write(descriptor, data[:20])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", fill)
    with pytest.raises(OSError, match="No space left on device; the 9 blocks in it are good") as e:
        sweep(Toy(), journal=journal)
    assert e.value.errno == errno.ENOSPC
    monkeypatch.undo()
    assert sweep(Toy(), journal=journal)[:3] == (TOY, (), 9)


def test_a_journal_is_on_disk_at_the_end_and_not_after_every_block(journal, monkeypatch):
    sync, calls = os.fsync, []
    monkeypatch.setattr(os, "fsync", lambda descriptor: calls.append(sync(descriptor)))
    start = time.monotonic()
    sweep(Toy(seconds=0.001), journal=journal)
    assert 1 <= len(calls) <= 1 + (time.monotonic() - start)


def test_a_disk_that_turns_out_full_at_the_end_is_said(journal, monkeypatch):
    def fail(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="measure needs room for its journal"):
        sweep(Toy(), journal=journal)


def test_a_file_that_may_grow_no_more_is_as_a_full_disk(journal):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, hard))  # in the middle of a line
    try:
        with pytest.raises(OSError, match=r"needs room for its journal, got .*: File too large"):
            sweep(Toy(), journal=journal)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    swept = sweep(Toy(), journal=journal)
    assert (swept.result, swept.notes) == (TOY, ())
    assert 10 < swept.resumed < 20

from __future__ import annotations

import json
import os
import stat

import pytest

from octoprint_img2stl.files import (
    PRIVATE,
    tidy,
    write_atomic,
    write_json,
    written_at_once,
)
from tests.unit.sources import modules


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def full(*_):
    raise OSError(28, "No space left on device")


def test_it_has_its_name_only_when_it_is_whole(tmp_path):
    path = tmp_path / "x.bin"
    write_atomic(path, b"old")
    with written_at_once(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch, call):
    path = tmp_path / "x.json"
    write_json(path, {"is": "old"})
    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        write_json(path, {"is": "new"})
    assert json.loads(path.read_text()) == {"is": "old"}
    assert list(tmp_path.iterdir()) == [path]


def test_an_error_of_the_writers_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.bin"
    write_atomic(path, b"old")
    with pytest.raises(KeyboardInterrupt), written_at_once(path) as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_permissions_are_there_from_the_first_byte(tmp_path, umask):
    usual, secret, shared = (tmp_path / name for name in ("usual", "secret", "shared"))
    write_atomic(usual, b"")
    assert mode(usual) == 0o640  # as any new file's
    with written_at_once(secret, mode=PRIVATE) as file:
        assert stat.S_IMODE(os.fstat(file.fileno()).st_mode) == 0o600
    assert mode(secret) == 0o600
    write_atomic(shared, b"", mode=0o664)
    assert mode(shared) == 0o664


def test_only_who_asks_waits_for_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", full)
    with written_at_once(tmp_path / "x", sync=False) as file:
        file.write(b"x")
    assert (tmp_path / "x").read_bytes() == b"x"


def test_the_longest_of_names(tmp_path):
    path = tmp_path / ("ä" * 125 + ".json")  # 255 bytes, the most there can be
    write_json(path, ["ä"])
    assert path.read_text(encoding="utf-8") == '[\n "ä"\n]'


def test_what_a_killed_writer_left_is_swept_away(tmp_path):
    kept = [tmp_path / "x.json", tmp_path / "photo.tmp", tmp_path / ".hidden"]
    for path in kept:
        path.write_bytes(b"")
    with pytest.raises(ZeroDivisionError), written_at_once(tmp_path / "x.json") as file:
        left = [path for path in tmp_path.iterdir() if path not in kept]
        assert len(left) == 1 and file.name is not None
        raise ZeroDivisionError
    left[0].write_bytes(b"ha")
    tidy(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_nobody_else_writes_at_once():
    """A second way to wait for the disk would be a twin of this one."""
    alone = {"files", "slicing.cura.header", "printing.store"}  # in place; the folder
    found = {module.name for module in modules() if "fsync(" in module.source}
    assert found == alone

import json
import os

import pytest

from octoprint_img2stl.printing import PrintQueue, QueueRefused
from octoprint_img2stl.printing.recheck import sha256_of
from octoprint_img2stl.printing.store import FILE, QueueStore
from tests.unit.printing.fakes import MACHINE, Bench, FakePrinter


@pytest.fixture
def bench(tmp_path):
    return Bench(tmp_path / "queue")


def stored(bench) -> dict:
    return json.loads((bench.folder / FILE).read_text())


def test_every_change_is_on_disk_at_once(bench):
    item = bench.add()
    assert stored(bench) == bench.queue.state.to_json()
    bench.print(item)
    assert stored(bench)["items"][0]["state"] == "printing"
    bench.queue.print_failed("img2stl/a.gcode", "thermal runaway")
    assert stored(bench) == bench.queue.state.to_json()
    state, problem = QueueStore(bench.folder).load()
    assert problem is None
    assert (state.items, state.history) == (
        bench.queue.state.items,
        bench.queue.state.history,
    )


def test_the_token_is_never_on_disk(bench):
    token = bench.confirm(bench.add())
    assert token not in (bench.folder / FILE).read_text()


def test_the_folder_holds_nothing_else(bench):
    bench.add(copies=3)
    assert [entry.name for entry in bench.folder.iterdir()] == [FILE]


def damage(**changes):
    def change(data):
        for path, value in changes.items():
            *way, last = path.split("__")
            place = data
            for step in way:
                place = place[int(step) if step.isdigit() else step]
            place[int(last) if last.isdigit() else last] = value
        return json.dumps(data)

    return change


DAMAGES = {
    "empty": lambda data: "",
    "cut off": lambda data: json.dumps(data)[:-40],
    "binary": lambda data: "\0\udcff",
    "a list": lambda data: "[]",
    "deep": lambda data: "[" * 100_000,
    "other version": damage(version=99),
    "no items": lambda data: json.dumps({**data, "items": None}),
    "unknown state": damage(items__0__state="dancing"),
    "finished among the waiting": damage(items__0__state="done"),
    "waiting in the history": lambda data: json.dumps(
        {**data, "history": data["items"], "items": []}
    ),
    "short bounds": damage(items__0__bounds=[1, 2]),
    "nan": damage(items__0__bounds=[0, 0, 0, 1, 1, float("nan")]),
    "number for a name": damage(items__0__name=5),
    "word for a number": damage(items__0__added_at="yesterday"),
    "twice": lambda data: json.dumps({**data, "items": data["items"][:1] * 2}),
    "two active": damage(items__0__state="printing", items__1__state="starting"),
    "generation": damage(bed_generation="1"),
    "reason without its value": damage(
        reason={"code": "x", "severity": "info", "template": "%(gone)s"}
    ),
}


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_file_is_set_aside_and_said(bench, what):
    bench.add(copies=2)
    file = bench.folder / FILE
    data = DAMAGES[what](stored(bench)).encode(errors="surrogateescape")
    file.write_bytes(data)
    bench.open()
    assert bench.reason == "queue.corrupt" and bench.queue.to_json()["paused"]
    assert bench.states() == []
    aside = bench.folder / f"{FILE}.corrupt-1"
    assert aside.read_bytes() == data
    assert aside.name in bench.queue.to_json()["reason"]["message"]
    file.write_bytes(b"again")
    bench.open()
    assert (bench.folder / f"{FILE}.corrupt-2").read_bytes() == b"again"
    assert aside.read_bytes() == data
    bench.add()
    bench.open()
    assert bench.states() == ["queued"]


def test_an_old_page_cannot_match_after_a_lost_file(bench):
    item = bench.add()
    before = bench.generation
    (bench.folder / FILE).unlink()
    bench.wall += 60
    bench.open()
    assert bench.generation > before
    item = bench.add()
    with pytest.raises(QueueRefused) as caught:
        bench.queue.confirm(item, before, "bob")
    assert caught.value.code == "queue.bed_changed"


def test_a_folder_that_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(QueueRefused) as caught:
        PrintQueue(tmp_path / "file" / "queue", FakePrinter(), lambda: MACHINE)
    assert caught.value.code == "queue.unreadable"


def test_what_is_left_of_a_crash_is_swept_away(bench):
    left = bench.folder / f".{FILE}.0badcafe.tmp"
    left.write_text("half a que")
    bench.open()
    bench.add()
    assert stored(bench) == bench.queue.state.to_json()
    assert not left.exists()


class FullDisk:
    def __init__(self, monkeypatch):
        self.full = False
        real = os.fsync

        def fsync(descriptor):
            if self.full:
                raise OSError(28, "No space left on device")
            real(descriptor)

        monkeypatch.setattr("os.fsync", fsync)


def test_a_full_disk(bench, monkeypatch):
    disk = FullDisk(monkeypatch)
    item = bench.add("x.gcode")
    token = bench.confirm(item)
    before = stored(bench)
    disk.full = True
    for wish in (
        bench.add,
        lambda: bench.queue.remove(item),
        lambda: bench.queue.pause("ann"),
        lambda: bench.queue.start(item, token, "bob"),
    ):
        with pytest.raises(QueueRefused) as caught:
            wish()
        assert caught.value.code == "queue.not_saved"
        assert stored(bench) == before
    assert bench.printer.started == []
    # The refused start has paused the queue in memory: that much is a fact.
    assert bench.reason == "queue.not_saved" and not bench.queue.to_json()["saved"]
    disk.full = False
    bench.queue.tick()
    assert bench.queue.to_json()["saved"]
    assert stored(bench) == bench.queue.state.to_json()
    bench.start(item)
    disk.full = True
    bench.queue.print_started("x.gcode")  # an event is true whatever the disk says
    assert bench.states() == ["printing"] and not bench.queue.to_json()["saved"]


def test_sha256(tmp_path):
    path = tmp_path / "x.gcode"
    path.write_bytes(b"abc")
    assert sha256_of(str(path)) == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert sha256_of(str(tmp_path / "gone")) is None
    assert sha256_of(str(tmp_path)) is None
    assert sha256_of(str(path / "below")) is None

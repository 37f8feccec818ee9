"""Random walks: whatever people, printer and network do, what must hold holds."""

import json
import random
import threading

import pytest

from octoprint_img2stl.printing import QueueRefused, transitions
from octoprint_img2stl.printing.store import FILE
from tests.unit.printing.fakes import FINISHING, IDLE, OFFLINE, Bench, printing

USERS = ("ann", "bob")
PATHS = ("a.gcode", "b.gcode", "c.gcode")
FOREIGN = ("foreign.gcode", *PATHS)  # others may print our files too
STEPS = 400


class Walk:
    def __init__(self, folder, seed: int) -> None:
        self.random = random.Random(seed)
        self.bench = Bench(folder)
        self.bench.printer.on_start = self.told_to_start
        self.words: list[tuple[str, str, str]] = []  # item, token, user: all ever given
        self.fresh: tuple[str, str, str] | None = None  # the one that may still hold
        self.fresh_until = 0.0
        self.starting: str | None = None  # item the printer was told to start
        self.known: set[str] = set()
        self.gone: set[str] = set()
        self.started = 0
        self.printed = 0

    # What may happen

    def add(self):
        path = self.random.choice(PATHS)
        before = {item.id for item in self.bench.queue.state.items}
        self.bench.add(path, copies=self.random.choice((1, 1, 2)))
        self.known |= {item.id for item in self.bench.queue.state.items} - before

    def item(self) -> str:
        items = self.bench.queue.state.items
        return self.random.choice(items).id if items else "none"

    def confirm(self):
        item, user = self.item(), self.random.choice(USERS)
        generation = self.bench.generation - self.random.choice((0, 0, 0, 1))
        current = self.bench.generation
        token = self.bench.queue.confirm(item, generation, user)
        assert generation == current
        self.fresh = (item, token, user)
        self.fresh_until = self.bench.time + 600
        self.words.append(self.fresh)

    def start(self):
        if not self.words:
            return
        word = self.words[-1] if self.random.random() < 0.8 else None
        item, token, user = word or self.random.choice(self.words)
        if self.random.random() < 0.1:
            item = self.item()
        if self.random.random() < 0.1:
            user = self.random.choice(USERS)
        self.attempt = (item, token, user)
        self.bench.queue.start(item, token, user)

    def told_to_start(self):
        """The heart of it: the printer is only ever told with a fresh word that fits."""
        assert self.attempt == self.fresh, "started without a word"
        assert self.bench.time < self.fresh_until, "started with an old word"
        assert self.bench.printer.now is IDLE, "started on a busy printer"
        assert not self.bench.queue.state.paused, "started while paused"
        self.fresh = None
        self.starting = self.attempt[0]
        self.started += 1
        if self.random.random() < 0.1:
            self.starting = None
            raise RuntimeError("the printer refuses")

    def event(self, name: str, *arguments):
        """Tell the queue, mostly."""
        self.fresh = None
        if self.random.random() < 0.85:
            getattr(self.bench.queue, name)(*arguments)
            if self.random.random() < 0.1:
                getattr(self.bench.queue, name)(*arguments)
        else:
            self.bench.queue.tick()  # the watchdog sees at least the printer

    def printer_begins(self):
        path = self.random.choice(FOREIGN)
        active = self.bench.queue.state.active
        if active is None and self.random.random() < 0.8:
            return
        if active and self.random.random() < 0.8:
            path = active.path
        if self.bench.printer.now is IDLE:
            self.bench.printer.now = printing(
                path if self.random.random() < 0.9 else None
            )
            self.event("print_started", path, "bob")

    def printer_ends(self):
        path = self.bench.printer.now.path or self.random.choice(FOREIGN)
        if self.bench.printer.now.printing:
            self.bench.printer.now = self.random.choice((IDLE, FINISHING))
            name, *rest = self.random.choice(
                (
                    ("print_done",),
                    ("print_done",),
                    ("print_failed", "error"),
                    ("print_failed", "cancelled"),
                    ("print_cancelled",),
                )
            )
            before = self.bench.queue.state
            self.event(name, path, *rest)
            after = self.bench.queue.state
            if name != "print_done" and after.bed_generation > before.bed_generation:
                ended = {item.id for item in after.history} - {
                    item.id for item in before.history
                }
                assert not ended or after.paused

    def printer_settles(self):
        if not self.bench.printer.now.printing:
            self.bench.printer.now = IDLE

    def line_dies(self):
        self.bench.printer.now = OFFLINE
        self.event("disconnected")
        assert self.bench.queue.state.active is None or self.bench.printer.now is OFFLINE

    def stray_event(self):
        name = self.random.choice(("print_started", "print_done", "print_failed"))
        self.event(name, self.random.choice(FOREIGN))

    def time_passes(self):
        self.bench.time += self.random.choice((1, 4, 11, 300))
        self.bench.queue.tick()

    def tick(self):
        self.bench.queue.tick()

    def remove(self):
        item = self.item()
        self.bench.queue.remove(item)
        self.gone.add(item)

    def move(self):
        self.bench.queue.move(self.item(), self.random.randint(-1, 5))

    def pause(self):
        self.bench.queue.pause("ann")
        assert self.bench.queue.state.paused
        self.fresh = None

    def resume(self):
        self.bench.queue.resume()

    def clear(self):
        self.gone |= {item.id for item in self.bench.queue.state.history}
        self.bench.queue.clear_finished()

    def restart(self):
        self.bench.open()
        self.fresh = None
        state = self.bench.queue.state
        assert state.paused and state.reason is not None
        assert state.active is None and state.awaiting is None

    def file_changes(self):
        self.bench.hashes[self.random.choice(PATHS)] = self.random.choice(("bad", None))

    def file_is_back(self):
        self.bench.hashes.clear()

    CHOICES = (
        [add, confirm, confirm, confirm, start, start, start, start, start]
        + [printer_begins, printer_ends, printer_ends, printer_settles, printer_settles]
        + [time_passes, tick, remove, move, pause, resume, resume, clear]
        + [restart, line_dies, stray_event, file_changes, file_is_back, file_is_back]
    )

    RARE = (restart, line_dies, stray_event, pause, file_changes, clear)

    # What must hold

    def step(self) -> None:
        before = self.bench.queue.state
        choice = self.random.choice(self.CHOICES)
        if choice in self.RARE and self.random.random() < 0.8:
            return
        try:
            choice(self)
        except QueueRefused as refusal:
            assert refusal.problem.message
        self.check(before)

    def check(self, before) -> None:
        state = self.bench.queue.state
        active = [i for i in state.items if i.state.value in ("starting", "printing")]
        assert len(active) <= 1
        assert sum(i.state.value == "awaiting_bed_clear" for i in state.items) <= 1
        assert not active or state.awaiting is None
        for item in active:
            assert item.id == self.starting, "active without having been started by us"
            if item.state.value == "printing":
                was = before.find(item.id)
                assert was is not None and was.state.value in ("starting", "printing")
                self.printed += was.state.value == "starting"
        if state.confirmation:
            assert state.awaiting and state.awaiting.id == state.confirmation.item_id
            assert not state.paused and state.foreign is None and not active
        if state.paused:
            assert state.reason is not None and state.awaiting is None
        else:
            assert state.reason is None
        assert state.bed_generation >= before.bed_generation
        stored = json.loads((self.bench.folder / FILE).read_text())
        assert stored == state.to_json()
        here = [item.id for item in (*state.items, *state.history)]
        assert len(here) == len(set(here))
        assert set(here) | self.gone >= self.known or len(state.history) == 50
        assert set(here) <= self.known
        added = {i.id for i in state.history} - {i.id for i in before.history}
        for item in state.history:
            if item.id in added and item.state.value != "done":
                assert state.paused and item.reason is not None


@pytest.mark.parametrize("seed", range(40))
def test_walk(tmp_path, seed, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)  # thousands of them are slow
    walk = Walk(tmp_path, seed)
    for _ in range(STEPS):
        walk.step()


def test_the_walks_get_anywhere(tmp_path, monkeypatch):
    """Invariants that nothing ever puts to the test would be worth nothing."""
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    started = printed = 0
    for seed in range(10):
        walk = Walk(tmp_path / str(seed), seed)
        for _ in range(STEPS):
            walk.step()
        started, printed = started + walk.started, printed + walk.printed
    assert started >= 20 and printed >= 10


def test_many_threads(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    bench = Bench(tmp_path)
    wrong: list[str] = []
    begun: list[str] = []
    begin = transitions.begin

    def counting_begin(state, token, now):
        state = begin(state, token, now)
        begun.append(token)
        return state

    monkeypatch.setattr(transitions, "begin", counting_begin)

    def people(seed: int) -> None:
        dice = random.Random(seed)
        for _ in range(100):
            items = bench.queue.state.items
            item = dice.choice(items).id if items else "none"
            path = items[0].path if items else FOREIGN[0]
            try:
                dice.choice(
                    (
                        lambda: bench.add(dice.choice(PATHS)),
                        *[lambda item=item: bench.start(item)] * 8,
                        lambda item=item: bench.queue.remove(item),
                        lambda item=item: bench.queue.move(item, 0),
                        bench.queue.resume,
                        lambda: bench.queue.pause("ann"),
                        bench.queue.tick,
                        lambda: bench.queue.print_started(dice.choice(FOREIGN)),
                        *[lambda path=path: bench.queue.print_done(path)] * 4,
                        bench.queue.disconnected,
                    )
                )()
            except QueueRefused:
                pass
            except Exception as error:
                wrong.append(repr(error))
            state = bench.queue.state
            if sum(i.state.value in ("starting", "printing") for i in state.items) > 1:
                wrong.append("two at once")

    threads = [threading.Thread(target=people, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a deadlock"
    assert wrong == []
    assert len(bench.printer.started) == len(set(begun)) == len(begun) > 0
    assert json.loads((tmp_path / FILE).read_text()) == bench.queue.state.to_json()

"""Profile files between being sent and being saved."""

import pytest

from octoprint_img2stl.plugin.profile_uploads import (
    KEPT_S,
    MOST,
    NotWaiting,
    ProfileUploads,
)


class Clock:
    seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def sent(tmp_path):
    """Makes a file as OctoPrint's server leaves it."""

    def make(text="x = 1"):
        path = tmp_path / "octoprint-file-upload-1.tmp"
        path.write_text(text)
        return path

    return make


def test_a_file_waits_for_its_sender_alone(tmp_path, sent):
    uploads = ProfileUploads(tmp_path / "in")
    file = sent()
    waiting = uploads.take(file, "../mine.ini", "bob")
    assert not file.exists() and waiting.path.read_text() == "x = 1"
    assert waiting.path.parent == tmp_path / "in" and waiting.path.name == waiting.token
    assert waiting.path.stat().st_mode & 0o077 == 0
    assert uploads.get(waiting.token, "bob") == waiting
    for token, owner in ((waiting.token, "carol"), ("..", "bob"), ("", "bob")):
        with pytest.raises(NotWaiting):
            uploads.get(token, owner)
        with pytest.raises(NotWaiting):
            uploads.drop(token, owner)
    uploads.drop(waiting.token, "bob")
    assert not waiting.path.exists()
    with pytest.raises(NotWaiting):
        uploads.drop(waiting.token, "bob")


def test_nothing_stays_for_ever(tmp_path, sent):
    clock = Clock()
    uploads = ProfileUploads(tmp_path / "in", clock)
    old = uploads.take(sent(), "old", "bob")
    clock.seconds = KEPT_S / 2
    new = uploads.take(sent(), "new", "bob")
    clock.seconds = KEPT_S + 1
    uploads.tidy()
    assert not old.path.exists() and new.path.exists()
    with pytest.raises(NotWaiting):
        uploads.get(old.token, "bob")
    ProfileUploads(tmp_path / "in")  # as OctoPrint starts again
    assert not new.path.exists()


def test_one_users_files_are_few_and_push_out_nobody_elses(tmp_path, sent):
    uploads = ProfileUploads(tmp_path / "in")
    hers = uploads.take(sent(), "hers", "carol")
    his = [uploads.take(sent(), str(number), "bob") for number in range(MOST + 2)]
    assert [each.path.exists() for each in his] == [False] * 2 + [True] * MOST
    assert hers.path.exists()

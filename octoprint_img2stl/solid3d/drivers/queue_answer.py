"""What a service's answers mean, as its profile says."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...problems import N_
from ..answer import AUTH, BUSY, CREDIT, INPUT, REMOTE, failed_by_status
from ..driver import DONE, FAILED, LOST, QUEUED, RUNNING, Status
from ..line import Answer, Stream
from ..refused import DriverFailed, ErrorKind
from ..verdicts import POLICY
from ..words import plain_words, words_in
from .queue_places import at, number_at, text_at
from .queue_profile import Profile

PERCENT = re.compile(r"(?<![\d.])(\d{1,3})%")
MOST_LOG = 20_000
STATES = {
    "queued": QUEUED, "running": RUNNING, "done": DONE, "failed": FAILED, "lost": LOST,
    "cancelled": FAILED,
}  # fmt: skip
MEANINGS = {each[0]: each for each in (AUTH, BUSY, CREDIT, INPUT, POLICY, REMOTE)}
# Of an order that is paid for: what it did before it got into trouble is not known.
UNCLEAR = (
    ErrorKind.TIMEOUT,
    "solid.unclear",
    N_("%(host)s reports an error of its own (%(said)s) and may have taken the job."),
)


def status_of(profile: Profile, data: Any, retry_after_s: float | None = None) -> Status:
    """How a job is.

    Args:
        data: the decoded answer.
        retry_after_s: as its headers say.
    """
    word = text_at(data, profile.state_at)
    state = profile.states.get(word.lower(), "running")
    words, types = said_of(profile, data)
    if state == "done" and (words or types):
        state = "failed"  # so do fal and the Comfy Router say it
    if state in ("failed", "cancelled"):
        kind = kind_of(profile, words, types)
        if state == "cancelled":
            kind = kind or ErrorKind.CANCELLED
        message = words or " ".join(types)
        return Status(FAILED, message=message, error=kind or ErrorKind.REMOTE)
    position = number_at(data, profile.queue_position)
    known = word.lower() in profile.states
    return Status(
        STATES[state],
        progress=_progress(profile, data),
        stage=_stage(profile, data) or ("" if known else plain_words(word, 60)),
        queue_position=None if position is None else int(position),
        eta_s=number_at(data, profile.eta_s),
        retry_after_s=retry_after_s,
    )


def shown(status: Status, answer: Answer | Stream) -> Status:
    """A status whose words, out of that answer, do not repeat our key."""
    message, stage = answer.shown(status.message, 300), answer.shown(status.stage, 60)
    return replace(status, message=message, stage=stage)


def said_of(profile: Profile, data: Any) -> tuple[str, tuple[str, ...]]:
    """What an answer says of an error: its words, and its codes."""
    words = ""
    for path in profile.error_at:
        found = at(data, path)
        words = words or (plain_words(found) if _is_word(found) else words_in(found))
    types = (plain_words(text_at(data, path), 80) for path in profile.error_type)
    return words, tuple(each for each in types if each)


def kind_of(
    profile: Profile, words: str, types: tuple[str, ...] = ()
) -> ErrorKind | None:
    """What kind of failure words and codes mean; None: the profile does not know them."""
    texts = [text.lower() for text in (*types, words) if text]
    for kind, patterns in profile.kinds.items():
        for pattern in patterns:
            if any(fnmatch.fnmatchcase(text, pattern.lower()) for text in texts):
                return ErrorKind(kind)
    return None


def refused(profile: Profile, answer: Answer, *, order: bool = False) -> DriverFailed:
    """What an answer that is no success means.

    Args:
        order: whether it answers an order; then `sent` tells whether it may have been taken.
    """
    failed = failed_by_status(answer, profile.label)
    words = str(failed.problem.values.get("said", ""))
    kind = kind_of(profile, words, _types_in(profile, answer))
    if order and answer.status in profile.busy:
        kind = ErrorKind.BUSY
    certain = answer.status < 500 and answer.status != 408
    if order and not certain and profile.costs_money and not profile.idempotent:
        failed = _meaning(UNCLEAR, profile, words, answer)
    elif kind in MEANINGS and kind is not failed.kind:
        failed = _meaning(MEANINGS[kind], profile, words, answer)
    if order:
        failed.sent = not certain
    return failed


def _types_in(profile: Profile, answer: Answer) -> tuple[str, ...]:
    try:
        data = answer.json()
    except DriverFailed:
        return ()
    return said_of(profile, data)[1]


def _meaning(
    meaning: tuple[ErrorKind, str, str], profile: Profile, words: str, answer: Answer
) -> DriverFailed:
    return DriverFailed(
        *meaning, host=profile.label, said=words, retry_after_s=answer.retry_after_s
    )


def failed_status(profile: Profile, answer: Answer) -> Status:
    """Of a job whose result is an error: ``failed``, and why."""
    failed = refused(profile, answer)
    words = str(failed.problem.values.get("said", ""))
    return Status(FAILED, message=words, error=failed.kind)


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _progress(profile: Profile, data: Any) -> float | None:
    done = number_at(data, profile.progress_at)
    if done is not None:
        return min(1.0, done / profile.progress_of)
    log = at(data, profile.progress_log) if profile.progress_log else None
    found = PERCENT.findall(_log_text(log))
    return min(100, int(found[-1])) / 100 if found else None


def _log_text(log: Any) -> str:
    """The end of what programs wrote: one text, or a list of them."""
    if isinstance(log, str):
        return log[-MOST_LOG:]
    lines = []
    for each in log[-50:] if isinstance(log, list) else ():
        each = each.get("message") if isinstance(each, Mapping) else each
        if isinstance(each, str):
            lines.append(each[-500:])
    return "\n".join(lines)


def _stage(profile: Profile, data: Any) -> str:
    return plain_words(text_at(data, profile.stage), 60)

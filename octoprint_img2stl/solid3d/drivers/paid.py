"""What the drivers of paid services share.

Every job is billed when it is taken, so a request for one is never sent twice by itself: what
goes wrong before it says so (`sent` is False), and what may have arrived is looked for.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, ClassVar

from ...problems import N_
from ..answer import AUTH, BUSY, CREDIT, INPUT, REMOTE, failed_by_status
from ..driver import DOWNLOAD_LIMIT_BYTES, Driver, MeshFile, RemoteRef, View
from ..endpoint import Endpoint
from ..line import Answer, said
from ..refused import DriverFailed, ErrorKind, SolidRefused
from ..results import find_mesh_url, take_in
from ..verdicts import POLICY
from ..words import plain_words

# Both services take pictures of that size at most.
MOST_PICTURE_BYTES = 20 * 2**20
BEGINNINGS = {b"\xff\xd8\xff": "jpeg", b"\x89PNG\r\n\x1a\n": "png"}
# To hand photos over a slow line, and to have the job taken.
SEND_READ_S, SEND_TOTAL_S = 120.0, 600.0
# How far the clocks of both sides may be apart after their dates were compared.
SLACK_S = 5.0
MOST_MESSAGE = 300
# The host of the results says so of a link that was used up or came too late.
STALE = (ErrorKind.AUTH, ErrorKind.INPUT)

GONE = (
    ErrorKind.LOST,
    "solid.gone",
    N_("%(host)s has nothing of this job any more (%(said)s); ask for it again."),
)
# Of an order: what a server that is in trouble says tells nothing of what it did before.
UNCLEAR = (
    ErrorKind.TIMEOUT,
    "solid.unclear",
    N_("%(host)s reports an error of its own (%(said)s) and may have taken the job."),
)
MEANINGS = {
    meaning[0]: meaning for meaning in (AUTH, BUSY, CREDIT, GONE, INPUT, POLICY, REMOTE)
}


class PaidDriver(Driver):
    """A service that makes GLBs for money and gives them by links that live shortly.

    Class attributes:
        service: its name for people.
        models: those that can be asked for, by their names over there.
        usual_model: the one where nothing was chosen.
    """

    service: ClassVar[str]
    models: ClassVar[Mapping[str, Any]]
    usual_model: ClassVar[str]

    @classmethod
    def check_options(cls, options: Mapping[str, Any]) -> None:
        model = options.get("model", cls.usual_model)
        if not isinstance(model, str) or model not in cls.models:
            raise SolidRefused(
                "solid.unknown_model",
                N_("%(model)s is no model of %(service)s; choose one of the list."),
                field="endpoint.model",
                model=plain_words(model, 40),
                service=cls.service,
            )

    @classmethod
    def model_of(cls, endpoint: Endpoint) -> str:
        """The model that is asked for; the usual one where another version of us chose."""
        model = endpoint.options.get("model", cls.usual_model)
        known = isinstance(model, str) and model in cls.models
        return model if known else cls.usual_model

    @abstractmethod
    def result_url(self, ref: RemoteRef) -> str:
        """A fresh link to a finished job's mesh.

        Raises:
            DriverFailed: it cannot be had.
        """

    def fetch(
        self,
        ref: RemoteRef,
        target: Path,
        *,
        max_bytes: int = DOWNLOAD_LIMIT_BYTES,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> MeshFile:
        part = target.with_name(f"{target.name}.part")
        for last in (False, True):
            link = self.result_url(ref)
            try:
                self.line.download(link, part, most_bytes=max_bytes, progress=progress)
                break
            except DriverFailed as failed:
                if failed.kind not in STALE:
                    raise
                if last:
                    words = str(failed.problem.values.get("said", ""))
                    raise self.failed(ErrorKind.LOST, words) from None
        return take_in(part, target, up_axis="y", max_bytes=max_bytes)

    # -- what went wrong ---------------------------------------------------------------------

    def failed(self, kind: ErrorKind, words: str, **how: Any) -> DriverFailed:
        """A failure with the service's own words.

        Args:
            kind: one of `MEANINGS`.
            how: `sent`, `retry_after_s`.
        """
        return self._meaning(MEANINGS[kind], words, **how)

    def refusal(
        self, answer: Answer, kind: ErrorKind | None = None, *, order: bool = False
    ) -> DriverFailed:
        """What an answer that is no success means.

        Args:
            kind: where the service's own code says it better than the status.
            order: whether it answers a request that is paid for. Then `sent` tells whether it
                may have been taken.
        """
        certain = answer.status < 500 and answer.status != 408
        if kind is None and (certain or not order):
            failed = failed_by_status(answer, self.service)
        else:
            words = said(answer) or f"HTTP {answer.status}"
            meaning = MEANINGS[kind] if kind and certain else UNCLEAR
            failed = self._meaning(meaning, words, retry_after_s=answer.retry_after_s)
        failed.sent = not certain
        return failed

    def _meaning(
        self, meaning: tuple[ErrorKind, str, str], words: str, **how: Any
    ) -> DriverFailed:
        return DriverFailed(*meaning, host=self.service, said=words, **how)

    def no_mesh(self) -> DriverFailed:
        return DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.no_mesh",
            N_("%(host)s says that it is done, but gives no mesh that can be read."),
            host=self.service,
        )

    def odd_answer(self, *, sent: bool = True) -> DriverFailed:
        """Somebody else answers there, or it was changed."""
        return DriverFailed(
            ErrorKind.BAD_RESULT,
            "solid.odd_answer",
            N_(
                "What answers at %(host)s does not speak as %(service)s does; check the "
                "address in the endpoint's settings."
            ),
            sent=sent,
            host=self.endpoint.host,
            service=self.service,
        )

    # -- photos ------------------------------------------------------------------------------

    def picture(self, view: View) -> tuple[str, bytes]:
        """A photo as it is sent.

        Returns:
            ``jpeg`` or ``png``, and the file's content.

        Raises:
            DriverFailed: it is neither, too large or gone (``input``).
        """
        try:
            size = view.path.stat().st_size
            content = view.path.read_bytes() if size <= MOST_PICTURE_BYTES else b""
        except OSError:
            raise _bad_photo(
                "solid.photo_gone",
                N_("A photo of this job cannot be read any more; add it again."),
            ) from None
        if size > MOST_PICTURE_BYTES:
            raise _bad_photo(
                "solid.photo_too_large",
                N_(
                    "%(host)s takes photos of at most %(most)s MB and this one has %(size)s "
                    "MB; crop it, or save it as JPEG."
                ),
                host=self.service,
                most=MOST_PICTURE_BYTES // 2**20,
                size=round(size / 2**20, 1),
            )
        for beginning, kind in BEGINNINGS.items():
            if content.startswith(beginning):
                return kind, content
        raise _bad_photo(
            "solid.photo_format",
            N_("%(host)s takes JPEG and PNG only; save the photo as one of them."),
            host=self.service,
        )


def _bad_photo(code: str, template: str, **values: Any) -> DriverFailed:
    return DriverFailed(ErrorKind.INPUT, code, template, sent=False, **values)


def link_in(data: Any, *names: str) -> str | None:
    """The first of the named links, else whatever looks like one to a mesh."""
    for name in names:
        link = data.get(name) if isinstance(data, dict) else None
        if isinstance(link, str) and link.startswith(("https://", "http://")):
            return link
    link = find_mesh_url(data)
    return link if link and link.startswith(("https://", "http://")) else None


# -- jobs that may have been taken -------------------------------------------------------------


def made_between(answer: Answer, since: float) -> tuple[float, float]:
    """When a job must have been made that was sent at `since`, by the service's clock.

    Args:
        answer: any of the service, just received; its date tells what time it is there.
        since: seconds since 1970 by our clock.

    Returns:
        Earliest and latest time, seconds since 1970.
    """
    try:
        there = parsedate_to_datetime(answer.headers.get("Date") or "").timestamp()
        since += there - time.time()
    except (TypeError, ValueError):
        pass  # no date: its clock is as good as ours
    return since - SLACK_S, since + SEND_TOTAL_S + SLACK_S


def time_in(value: Any) -> float | None:
    """Seconds since 1970 of what services write: ISO 8601, seconds or milliseconds."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value / 1000 if value > 1e11 else float(value)
    try:
        moment = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.timestamp()
    except (ValueError, OverflowError):
        return None


def number_in(data: dict[str, Any], name: str) -> float | None:
    """A number that is not negative; None: there is none."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e9 else None

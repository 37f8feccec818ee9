"""An order that was not answered is looked for among a service's newest jobs."""

from __future__ import annotations

from typing import Any

from ..driver import JobSpec
from ..line import Line
from .paid import made_between, time_in
from .queue_answer import refused
from .queue_order import Order, asked, values_for
from .queue_places import NOTHING, at, expanded, text_at
from .queue_profile import Ask, Profile

MOST_JOBS = 20


def looked_for(
    line: Line, profile: Profile, model: str, job: JobSpec, key: str, since: float
) -> Any | None:
    """A job as the service tells of it, made when ours was sent and of the same kind.

    Args:
        model: its name.
        since: when it was sent, seconds since 1970.

    Returns:
        Its JSON; None: there is none.
    """
    ask = profile.find
    if ask is None or not ask.more.get("same"):
        return None
    values = values_for(model, key, job.seed)
    answer = asked(line, profile, ask, values)
    if not answer.ok:
        raise refused(profile, answer)
    data, place = answer.json(), str(ask.more.get("list") or "")
    jobs = at(data, place) if place else data
    first, last = made_between(answer, since)
    order = Order(line, profile, profile.model(model), job, values)
    for each in jobs[:MOST_JOBS] if isinstance(jobs, list) else ():
        made = time_in(at(each, ask.more["created"]))
        if made is not None and first <= made <= last:
            found = _whole(order, ask, each)
            if found is not None and _is_same(order, ask, found):
                return found
    return None


def _whole(order: Order, ask: Ask, listed: Any) -> Any | None:
    """All that is known of a job of the list."""
    id = text_at(listed, ask.more["id"])
    if not id:
        return None
    detail = ask.more.get("detail")
    if not detail:
        return listed
    one = Ask(path=str(detail.get("path", "")))
    answer = asked(order.line, order.profile, one, {**order.values, "id": id})
    return answer.json() if answer.ok else None


def _is_same(order: Order, ask: Ask, found: Any) -> bool:
    for path, spec in ask.more["same"].items():
        wanted = expanded(spec, order.values, order.meant)
        if wanted is NOTHING or str(at(found, path)) != str(wanted):
            return False
    return True

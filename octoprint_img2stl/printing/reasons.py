"""Why the queue stands still or an item did not come out: every sentence of this room."""

from __future__ import annotations

from ..problems import ERROR, INFO, N_, WARNING, Problem
from .refused import QueueRefused

# ---- why the queue is paused


def restarted() -> Problem:
    return Problem(
        "queue.restarted",
        INFO,
        N_(
            "The queue waits after every restart; resume it, or confirm a clear bed for "
            "one of its prints."
        ),
    )


def paused_by(user: str) -> Problem:
    return Problem("queue.paused", INFO, N_("Paused by %(user)s."), {"user": user})


def corrupt(name: str) -> Problem:
    return Problem(
        "queue.corrupt",
        ERROR,
        N_(
            "The stored queue was damaged and could not be read; it was set aside as "
            "%(name)s. Add your prints again."
        ),
        {"name": name},
    )


# ---- why an item ended


def interrupted(name: str) -> Problem:
    return Problem(
        "queue.interrupted",
        ERROR,
        N_(
            "%(name)s was printing when the server stopped; look at the printer and add "
            "it again if it did not finish."
        ),
        {"name": name},
    )


def failed(name: str, reason: str) -> Problem:
    if not reason:
        return Problem(
            "queue.print_failed",
            ERROR,
            N_("Printing %(name)s failed; look at the printer."),
            {"name": name},
        )
    return Problem(
        "queue.print_failed",
        ERROR,
        N_("Printing %(name)s failed (%(reason)s); look at the printer."),
        {"name": name, "reason": reason[:200]},
    )


def cancelled(name: str) -> Problem:
    return Problem(
        "queue.print_cancelled", WARNING, N_("%(name)s was cancelled."), {"name": name}
    )


def disconnected() -> Problem:
    return Problem(
        "queue.disconnected",
        WARNING,
        N_("The connection to the printer was lost; connect it and look at the bed."),
    )


def lost_track(name: str) -> Problem:
    return Problem(
        "queue.lost_track",
        ERROR,
        N_("How %(name)s ended was not seen; look at the printer."),
        {"name": name},
    )


# ---- why a start was refused or undone


def start_not_seen(name: str, seconds: float) -> Problem:
    return Problem(
        "queue.start_not_confirmed",
        ERROR,
        N_(
            "The printer did not begin %(name)s within %(seconds)s seconds; look at it "
            "and confirm the bed again."
        ),
        {"name": name, "seconds": round(seconds)},
    )


def start_failed(name: str, reason: str) -> Problem:
    return Problem(
        "queue.start_failed",
        ERROR,
        N_("%(name)s could not be started (%(reason)s)."),
        {"name": name, "reason": reason[:200]},
    )


def foreign_print() -> Problem:
    return Problem(
        "queue.foreign_print",
        WARNING,
        N_("Another print was started meanwhile; confirm the bed again when it is over."),
    )


def busy() -> Problem:
    return Problem(
        "queue.busy", ERROR, N_("A print is under way; wait until it is over.")
    )


def printer_not_ready() -> Problem:
    return Problem(
        "queue.printer_not_ready",
        ERROR,
        N_("The printer is not ready; connect it and wait until it is operational."),
    )


def file_missing(name: str) -> Problem:
    return Problem(
        "queue.file_missing",
        ERROR,
        N_("The file of %(name)s is gone; make it again and add it to the queue."),
        {"name": name},
    )


def file_changed(name: str) -> Problem:
    return Problem(
        "queue.file_changed",
        ERROR,
        N_(
            "The file of %(name)s has changed since it was checked; make it again and "
            "add it to the queue."
        ),
        {"name": name},
    )


def machine_changed(name: str) -> Problem:
    return Problem(
        "queue.machine_changed",
        ERROR,
        N_(
            "The printer profile has changed since %(name)s was sliced; slice it again "
            "and add it to the queue."
        ),
        {"name": name},
    )


def out_of_bounds(name: str) -> Problem:
    return Problem(
        "queue.out_of_bounds",
        ERROR,
        N_(
            "%(name)s would print outside the bed of this printer; make it again for "
            "this printer."
        ),
        {"name": name},
    )


# ---- what cannot be asked


def unknown_item() -> QueueRefused:
    return QueueRefused(
        "queue.unknown_item", N_("This print is no longer in the queue; reload the page.")
    )


def item_busy(name: str) -> QueueRefused:
    return QueueRefused(
        "queue.item_busy",
        N_("%(name)s is being printed; cancel the print first."),
        name=name,
    )


def bed_changed() -> QueueRefused:
    return QueueRefused(
        "queue.bed_changed",
        N_(
            "Something was printed since you looked at the bed; look again and confirm "
            "again."
        ),
    )


def not_confirmed() -> QueueRefused:
    return QueueRefused(
        "queue.not_confirmed",
        N_(
            "There is no valid confirmation of a clear bed for this print; look at the "
            "bed and confirm."
        ),
    )


def confirmation_expired() -> QueueRefused:
    return QueueRefused(
        "queue.confirmation_expired",
        N_("Too long ago that you looked at the bed; look again and confirm again."),
    )


def bad_copies(most: int) -> QueueRefused:
    return QueueRefused(
        "queue.bad_copies",
        N_("Choose between 1 and %(most)s copies."),
        field="copies",
        suggest=1,
        most=most,
    )


def full(most: int) -> QueueRefused:
    return QueueRefused(
        "queue.full",
        N_("The queue holds at most %(most)s prints; remove some first."),
        most=most,
    )


def not_saved(reason: str) -> QueueRefused:
    return QueueRefused(
        "queue.not_saved",
        N_("The queue cannot be written to disk (%(reason)s); make room and try again."),
        reason=reason,
    )


def unreadable(reason: str) -> QueueRefused:
    return QueueRefused(
        "queue.unreadable",
        N_("The stored queue cannot be read (%(reason)s); correct that and restart."),
        reason=reason,
    )

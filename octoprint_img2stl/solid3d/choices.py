"""What the choices of full 3D are called for people. No numpy here."""

from __future__ import annotations

from ..problems import N_

CHOICES: dict[str, dict[str, str]] = {
    "detail": {
        "draft": N_("Draft"),
        "normal": N_("Normal"),
        "fine": N_("Fine"),
    },
    "back": {
        "round": N_("round like the front"),
        "flat": N_("flat"),
    },
    "cut": {
        "auto": N_("cut the subject out"),
        "keep": N_("leave the photo whole"),
    },
    "roles": {
        "front": N_("Front"),
        "back": N_("Back"),
        "left": N_("Left"),
        "right": N_("Right"),
        "top": N_("Top"),
        "other": N_("Another side"),
    },
}

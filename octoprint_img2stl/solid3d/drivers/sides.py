"""Which photo goes where, for those who tell sides apart."""

from __future__ import annotations

from collections.abc import Sequence

from ..driver import JobSpec, View

# Our role -> what models of several views (Hunyuan3D-2mv, Pixal3D) call the same side. They
# mean the subject's own left (so do Tencent's example pictures, assets/example_mv_images): the
# camera stands to our right before the front.
SUBJECTS = {"front": "front", "back": "back", "left": "right", "right": "left"}


def views_by_role(job: JobSpec, roles: Sequence[str]) -> dict[str, View]:
    """The views that are sent, one for each role.

    Args:
        job: whose front, or whatever stands for it, always is among them.
        roles: that can be told apart.
    """
    found = {"front": job.front}
    for role in roles:
        view = job.of_role(role)
        if view is not None and view is not job.front:
            found[role] = view
    return found

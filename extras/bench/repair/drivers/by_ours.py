"""Our cascade with its default settings."""

import sys
from pathlib import Path

import task

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from octoprint_img2stl.mesh.model import weld  # noqa: E402
from octoprint_img2stl.mesh.repair import repair  # noqa: E402


def ours(points, faces):
    mesh = weld(points[faces])
    made = repair(mesh, line_width=0.45)
    return (
        made.mesh.vertices,
        made.mesh.faces,
        {
            "stage": made.stage,
            "lost_percent": made.lost_percent,
            "added_percent": made.added_percent,
            "largest_move": made.largest_move,
            "caps_percent": made.caps_percent,
            "changes": [change.code for change in made.changes],
            "floaters": len(made.floaters),
            "says_strict": bool(made.strict),
            "self_intersections": made.self_intersections,
            "same_arrays": made.mesh is mesh,
        },
    )


task.run(ours)

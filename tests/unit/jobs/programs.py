"""Where a slicer is that a test brings."""

from octoprint_img2stl.slicing.owner_paths import OwnerPath


def prusaslicer_at(program):
    return {"prusaslicer": OwnerPath(program)}

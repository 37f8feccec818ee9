"""The tools that are compared, and how the solid of each is to be read."""

from __future__ import annotations

from dataclasses import dataclass

import commands as how
from commands import Ask, Install


@dataclass(frozen=True)
class Peer:
    """One tool.

    Attributes:
        about: what is run, for the table's footnotes.
        install: returns what `command` needs; raises `NotInstalled`.
        command: makes the solid of a job.
        bounded: whether it keeps a maximum error; otherwise every pixel is a vertex, and its
            cost hardly depends on what a picture shows.
        fine: whether it reads 16 bits.
        photo: whether it takes a camera's photo of any size in one go.
        kind: of picture it gets: ``grey``, ``rgb`` or ``negative``.
        unit_px: whether its x and y count pixels instead of mm.
        rim: nodes that it adds around the picture on each side.
        cells: whether a pixel is a square of the solid, not a node.
        from_top: whether heights are compared from the top down, as its base cannot be set.
        own_heights: the mode of `ours.py` whose heights the mesh is compared with, where the
            tool has resampled the picture; otherwise with the pixels.
    """

    name: str
    about: str
    install: Install
    command: Ask
    bounded: bool = False
    fine: bool = False
    photo: bool = False
    kind: str = "grey"
    unit_px: bool = False
    rim: int = 0
    cells: bool = False
    from_top: bool = False
    own_heights: bool = False


PEERS = (
    Peer(
        "ours",
        "the command `python -m octoprint_img2stl make`, with its check of the mesh and "
        "its preview picture",
        how.here,
        how.make,
        bounded=True,
        fine=True,
        photo=True,
        own_heights=True,
    ),
    Peer(
        "ours-engine",
        "the functions behind it in one process, photo to STL",
        how.here,
        how.engine,
        bounded=True,
        fine=True,
        photo=True,
        own_heights=True,
    ),
    Peer(
        "ours-mesh",
        "the mesh alone, every pixel one node, as the peers have it",
        how.here,
        how.mesh,
        bounded=True,
        fine=True,
    ),
    Peer(
        "pydelatin",
        "pydelatin with our own STL writer, walls and bottom; for a camera's photo Pillow "
        "gives it 10 nodes a mm, smoothed and levelled as ours",
        how.pip("pydelatin", "pydelatin", "numpy", "Pillow"),
        how.delatin,
        bounded=True,
        fine=True,
        photo=True,
    ),
    Peer(
        "hmm",
        "fogleman/hmm with base; no size in mm, 1 unit is 1 pixel",
        how.find_hmm,
        how.hmm,
        bounded=True,
        fine=True,
        unit_px=True,
    ),
    Peer(
        "autoforge",
        "AutoForge's heightfield mesher with our own STL writer, heights as they are",
        how.pip(
            "autoforge", "numpy", "Pillow", then=("autoforge",), options=("--no-deps",)
        ),
        how.driver("by_autoforge.py"),
        fine=True,
    ),
    Peer(
        "autoforge-layers",
        "the same with heights rounded to layers of 0.1 mm, its real use",
        how.pip(
            "autoforge", "numpy", "Pillow", then=("autoforge",), options=("--no-deps",)
        ),
        how.driver("by_autoforge.py", "layers"),
        fine=True,
    ),
    Peer(
        "cura",
        "Cura's importer of pictures and its MeshBuilder without the window; 512 px at most",
        how.cura_parts,
        how.cura,
    ),
    Peer(
        "lithophane",
        "the functions behind the command of the package on PyPI",
        how.pip("lithophane", "lithophane"),
        how.driver("by_lithophane.py"),
        kind="rgb",
        rim=1,
    ),
    Peer(
        "lumina-tools",
        "the function behind `lumina flat`, no frame",
        how.pip("lumina", "lumina-tools", "Pillow"),
        how.driver("by_lumina.py"),
        rim=1,
    ),
    Peer(
        "stl_tools",
        "numpy2stl, solid",
        how.pip(
            "stl_tools",
            *("numpy<2", "setuptools", "wheel"),
            then=("stl_tools", "Pillow"),
            options=("--no-build-isolation",),
        ),
        how.driver("by_stl_tools.py"),
    ),
    Peer(
        "img2stl",
        "the window program Img2STL of PyPI (not this project), without its window; a step "
        "for every pixel",
        how.pip("img2stl", "Pillow", then=("Img2STL",), options=("--no-deps",)),
        how.driver("by_img2stl.py"),
        cells=True,
    ),
    Peer(
        "pic2stl",
        "black and white only; 1 pixel is 1 mm",
        how.pip("pic2stl", "pic2stl"),
        how.driver("by_pic2stl.py"),
        unit_px=True,
        cells=True,
    ),
    Peer(
        "png23d",
        "Debian's, finish surface, not optimised; bright is high, so it gets the negative; "
        "it has no base",
        how.find_program("png23d"),
        how.png23d,
        kind="negative",
        rim=1,
        from_top=True,
    ),
    Peer(
        "openscad",
        "surface(); its base cannot be set",
        how.find_program("openscad", dependencies=True),
        how.openscad,
        from_top=True,
    ),
)

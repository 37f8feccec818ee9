"""TripoSR (VAST-AI-Research/TripoSR, MIT): one picture, fast, rough; 6 GB, or a CPU.

Follows the repository's run.py and gradio_app.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from ..order import Order
from ..watch import Watch
from .backend import About, Picture, RawMesh, the_one
from .card import CardBackend, raw_mesh

REPOSITORY = "stabilityai/TripoSR"
RESOLUTIONS = {"draft": 128, "normal": 256, "fine": 320}
CHUNK = 8192
GREY, RATIO = 127, 0.85  # what run.py puts behind the subject, and how much it fills


class TripoSR(CardBackend):
    """One pass, no steps: it can be stopped between its two halves only."""

    about = About(
        name="triposr",
        label="TripoSR",
        licence="MIT",
        notice="Fast and rough, from one picture; runs without a card as well.",
        seed=False,
    )
    install = (
        "Install torch, clone https://github.com/VAST-AI-Research/TripoSR, install its "
        "requirements and add its folder to PYTHONPATH."
    )

    def load_model(self) -> None:
        system = importlib.import_module("tsr.system")
        model = system.TSR.from_pretrained(
            self.settings.model or REPOSITORY,
            config_name="config.yaml",
            weight_name="model.ckpt",
        )
        model.renderer.set_chunk_size(CHUNK)
        model.to(self.device)
        self._model = model

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        import numpy as np

        from .cutting import squared

        watch.report(0.0, "cutting out")
        cut = self._cutter.cut(the_one(pictures), wanted=order.remove_background)
        image = squared(cut, GREY, (1 / RATIO - 1) / 2)
        watch.report(0.1, "shaping")
        with self.torch.no_grad(), self.memory():
            codes = self._model([image], device=self.device)
            watch.report(0.5, "surface")
            resolution = order.octree_resolution or RESOLUTIONS[order.detail]
            made = self._model.extract_mesh(codes, False, resolution=resolution)
        watch.report(1.0, "surface")
        raw = raw_mesh(made[0] if made else None, "z")
        # Its camera stands on +x; ours before the front, on -y: a quarter about z.
        x, y, z = raw.points.T
        return RawMesh(np.stack((y, -x, z), axis=1), raw.faces, "z")

"""TripoSG (VAST-AI-Research/TripoSG, MIT): one picture, geometry only, 8 GB of card memory.

Follows the repository's scripts/inference_triposg.py and scripts/image_process.py, but for
the cut-out: its own script loads RMBG-1.4, whose weights are for non-commercial use only.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..order import Order
from ..watch import Watch
from .backend import About, Picture, RawMesh, the_one
from .card import CardBackend, raw_mesh

REPOSITORY = "VAST-AI/TripoSG"
STEPS = {"draft": 20, "normal": 50, "fine": 50}
# Depth of the octree the surface is looked for in: 2**depth cells along a side.
DEPTHS = {"draft": 8, "normal": 9, "fine": 9}
GUIDANCE = 7.0
WHITE, BORDER = 255, 0.1  # as image_process.prepare_image makes it
SAMPLED = 0.85  # share of the time that goes into the steps


class TripoSG(CardBackend):
    """The pipeline of the repository, called as its script calls it."""

    about = About(
        name="triposg",
        label="TripoSG",
        licence="MIT",
        notice="Geometry only, from one picture; needs a card with 8 GB.",
    )
    install = (
        "Install torch, clone https://github.com/VAST-AI-Research/TripoSG, install its "
        "requirements and add its folder to PYTHONPATH."
    )

    def load_model(self) -> None:
        module = importlib.import_module("triposg.pipelines.pipeline_triposg")
        folder = self.settings.model or REPOSITORY
        if not Path(folder).is_dir():
            hub = importlib.import_module("huggingface_hub")
            folder = hub.snapshot_download(repo_id=folder)
        pipe = module.TripoSGPipeline.from_pretrained(folder)
        half = self.torch.float32 if self.device == "cpu" else self.torch.float16
        self._pipe = pipe.to(self.device, half)

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        from .cutting import squared

        watch.report(0.0, "cutting out")
        cut = self._cutter.cut(the_one(pictures), wanted=order.remove_background)
        steps = order.num_inference_steps or STEPS[order.detail]
        report = watch.part(0.05, SAMPLED)

        def stepped(pipe: Any, step: int, time: Any, tensors: dict) -> dict:
            # diffusers' callback_on_step_end; what it raises ends the pipeline.
            report((step + 1) / steps, "shaping")
            if step + 1 >= steps:
                watch.report(SAMPLED, "surface")
            return tensors

        with self.torch.no_grad(), self.memory():
            made = self._pipe(
                image=squared(cut, WHITE, BORDER),
                generator=self.generator(order),
                num_inference_steps=steps,
                guidance_scale=GUIDANCE
                if order.guidance_scale is None
                else order.guidance_scale,
                flash_octree_depth=DEPTHS[order.detail],
                callback_on_step_end=stepped,
            ).samples[0]
        watch.report(1.0, "surface")
        return raw_mesh(made)

"""Hunyuan3D 2mini (one picture) and 2mv (up to four), geometry only, 6 GB of card memory.

Follows Tencent-Hunyuan/Hunyuan3D-2's api_server.py and examples/fast_shape_gen_multiview.py,
with hy3dgen.shapegen. Its licence does not apply in the EU, the UK and South Korea.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from ..order import Order
from ..watch import Watch
from .backend import About, Picture, RawMesh, in_order, the_one
from .card import CardBackend, raw_mesh

LICENCE = "Tencent Hunyuan 3D 2.0 Community License"
NOTICE = "Not licensed in the European Union, the United Kingdom and South Korea."
# The distilled ("turbo") models need few steps; more do no harm.
STEPS = {"draft": 5, "normal": 8, "fine": 20}
OCTREES = {"draft": 196, "normal": 256, "fine": 380}
GUIDANCE = 5.0
CHUNKS = 20_000
# Our role -> that of hy3dgen.shapegen.preprocessors.MVImageProcessorV2. It means the subject's
# own left: in Tencent's example pictures (assets/example_mv_images/*/left.png) the figures look
# to the left, so the camera stands to the right of who stands before the front.
SIDES = {"front": "front", "left": "right", "back": "back", "right": "left"}
SAMPLED = 0.6


class _Hunyuan(CardBackend):
    repository = ""
    subfolder = ""
    install = (
        "Install torch, clone https://github.com/Tencent-Hunyuan/Hunyuan3D-2 and run "
        "pip install -r requirements.txt and pip install -e . in it."
    )

    def load_model(self) -> None:
        module = importlib.import_module("hy3dgen.shapegen")
        self._pipe = module.Hunyuan3DDiTFlowMatchingPipeline.from_pretrained(
            self.settings.model or self.repository,
            subfolder=self.subfolder,
            use_safetensors=True,
            device=self.device,
        )
        if self.device.startswith("cuda"):
            self._pipe.enable_flashvdm(mc_algo="mc")
            if self.settings.low_memory:
                self._pipe.enable_model_cpu_offload()

    def images(self, order: Order, pictures: Sequence[Picture]) -> Any:
        raise NotImplementedError

    def make(self, order: Order, pictures: Sequence[Picture], watch: Watch) -> RawMesh:
        watch.report(0.0, "cutting out")
        images = self.images(order, pictures)
        steps = order.num_inference_steps or STEPS[order.detail]
        report = watch.part(0.05, SAMPLED)

        def stepped(step: int, time: Any, outputs: Any) -> None:
            report((step + 1) / steps, "shaping")  # what it raises ends the pipeline

        with self.memory():
            made = self._pipe(
                image=images,
                num_inference_steps=steps,
                guidance_scale=GUIDANCE
                if order.guidance_scale is None
                else order.guidance_scale,
                octree_resolution=order.octree_resolution or OCTREES[order.detail],
                num_chunks=order.num_chunks or CHUNKS,
                generator=self.generator(order),
                mc_algo="mc",
                output_type="trimesh",
                callback=stepped,
                callback_steps=1,  # without it the pipeline divides by None
            )
        watch.report(1.0, "surface")
        return raw_mesh(made[0] if made else None)


class Hunyuan2Mini(_Hunyuan):
    """The small model for one picture."""

    about = About(
        name="hunyuan2mini",
        label="Hunyuan3D 2mini",
        licence=LICENCE,
        notice=NOTICE,
        needs_acceptance=True,
    )
    repository = "tencent/Hunyuan3D-2mini"
    subfolder = "hunyuan3d-dit-v2-mini-turbo"

    def images(self, order: Order, pictures: Sequence[Picture]) -> Any:
        return self._cutter.cut(the_one(pictures), wanted=order.remove_background)


class Hunyuan2Mv(_Hunyuan):
    """The model for several views, by role."""

    about = About(
        name="hunyuan2mv",
        label="Hunyuan3D 2mv",
        licence=LICENCE,
        notice=NOTICE,
        views_max=4,
        roles=tuple(SIDES),
        needs_acceptance=True,
    )
    repository = "tencent/Hunyuan3D-2mv"
    subfolder = "hunyuan3d-dit-v2-mv-turbo"

    def images(self, order: Order, pictures: Sequence[Picture]) -> Any:
        wanted = order.remove_background
        return {
            SIDES[each.role]: self._cutter.cut(each, wanted=wanted)
            for each in in_order(pictures)
        }

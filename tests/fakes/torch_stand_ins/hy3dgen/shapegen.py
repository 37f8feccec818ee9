"""Stands in for hy3dgen.shapegen."""

from __future__ import annotations

from types import SimpleNamespace

import torch

SIDES = ("front", "left", "back", "right")  # of MVImageProcessorV2.view2idx


class Hunyuan3DDiTFlowMatchingPipeline:
    @classmethod
    def from_pretrained(
        cls,
        model_path,
        device="cuda",
        dtype=torch.float16,
        use_safetensors=True,
        variant="fp16",
        subfolder="hunyuan3d-dit-v2-0",
        **kwargs,
    ):
        torch.tell(
            "from_pretrained", model=model_path, subfolder=subfolder, device=device
        )
        made = cls()
        made.several = "2mv" in model_path
        return made

    def enable_flashvdm(
        self,
        enabled=True,
        adaptive_kv_selection=True,
        topk_mode="mean",
        mc_algo="mc",
        replace_vae=True,
    ):
        torch.tell("enable_flashvdm", mc_algo=mc_algo)

    def enable_model_cpu_offload(self, gpu_id=None, device="cuda"):
        torch.tell("enable_model_cpu_offload")

    def __call__(
        self,
        image=None,
        num_inference_steps=50,
        timesteps=None,
        sigmas=None,
        eta=0.0,
        guidance_scale=5.0,
        generator=None,
        box_v=1.01,
        octree_resolution=384,
        mc_level=0.0,
        mc_algo=None,
        num_chunks=8000,
        output_type="trimesh",
        enable_pbar=True,
        **kwargs,
    ):
        callback = kwargs.pop("callback", None)
        callback_steps = kwargs.pop("callback_steps", None)
        images = image if self.several else {"front": image}
        for side in images:
            SIDES.index(side)
        torch.tell(
            "hunyuan",
            images={
                side: (each.mode, each.getpixel((each.width // 2, each.height // 2)))
                for side, each in images.items()
            },
            steps=num_inference_steps,
            guidance=guidance_scale,
            octree=octree_resolution,
            chunks=num_chunks,
            seed=generator.seed,
        )
        for number in range(num_inference_steps):
            torch.step(number + 1)
            if callback is not None and number % callback_steps == 0:
                callback(number, 1.0, SimpleNamespace(prev_sample=None))
        if "nothing" in torch.faults:
            return [None]  # no surface at that level
        points, faces = torch.ellipsoid((0.9, 0.6, 0.3))
        return [SimpleNamespace(vertices=points, faces=faces)]

"""Stands in for TripoSG's pipeline."""

from __future__ import annotations

from types import SimpleNamespace

import PIL.Image
import torch


class TripoSGPipeline:
    @classmethod
    def from_pretrained(cls, folder: str) -> TripoSGPipeline:
        torch.tell("from_pretrained", folder=folder)
        return cls()

    def to(self, device: str, dtype: str) -> TripoSGPipeline:
        torch.tell("to", device=device, dtype=dtype)
        return self

    def __call__(
        self,
        image,
        num_inference_steps=50,
        num_tokens=2048,
        timesteps=None,
        guidance_scale=7.0,
        num_shapes_per_prompt=1,
        generator=None,
        latents=None,
        attention_kwargs=None,
        callback_on_step_end=None,
        callback_on_step_end_tensor_inputs=("latents",),
        bounds=(-1.005, -1.005, -1.005, 1.005, 1.005, 1.005),
        dense_octree_depth=8,
        hierarchical_octree_depth=9,
        flash_octree_depth=9,
        use_flash_decoder=True,
        return_dict=True,
    ):
        if not isinstance(image, PIL.Image.Image):
            raise ValueError("Invalid input type for image")
        torch.tell(
            "triposg",
            mode=image.mode,
            size=image.size,
            corner=image.getpixel((0, 0)),
            middle=image.getpixel((image.width // 2, image.height // 2)),
            steps=num_inference_steps,
            guidance=guidance_scale,
            seed=generator.seed,
            depth=flash_octree_depth,
        )
        latents = object()
        for number in range(num_inference_steps):
            torch.step(number + 1)
            if callback_on_step_end is not None:
                outputs = callback_on_step_end(self, number, 1.0, {"latents": latents})
                latents = outputs.pop("latents", latents)
        sample = (
            (None, None)
            if "nothing" in torch.faults
            else torch.ellipsoid((0.9, 0.6, 0.3))
        )
        return SimpleNamespace(samples=[sample], meshes=[])

"""Stands in for TripoSR's system."""

from __future__ import annotations

from types import SimpleNamespace

import torch


class TSR:
    def __init__(self) -> None:
        self.renderer = SimpleNamespace(
            set_chunk_size=lambda size: torch.tell("set_chunk_size", size=size)
        )

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path, config_name, weight_name):
        torch.tell("from_pretrained", model=pretrained_model_name_or_path)
        return cls()

    def to(self, device):
        torch.tell("to", device=device)
        return self

    def __call__(self, image, device):
        (only,) = image
        torch.tell(
            "tsr",
            mode=only.mode,
            size=only.size,
            corner=only.getpixel((0, 0)),
            device=device,
        )
        torch.step(1)
        return ["scene"]

    def extract_mesh(self, scene_codes, has_vertex_color, resolution=256, threshold=25.0):
        torch.tell("extract_mesh", resolution=resolution, colours=has_vertex_color)
        torch.step(2)
        points, faces = torch.ellipsoid((0.3, 0.9, 0.6))  # x: towards its camera, z: up
        points[points[:, 0] > 0.25, 0] += 0.2  # a nose
        return [SimpleNamespace(vertices=points, faces=faces)]

"""The services whose profiles come with this plugin, as the settings offer them."""

from __future__ import annotations

from typing import Any

from ...problems import N_
from ..endpoint import EndpointOption, Preset

OWN = "own"
USUAL = "fal"
# Profiles of ours -> what people call the service.
PROFILES = {
    "fal": "fal",
    "replicate": "Replicate",
    "cog": "Cog",
    "runpod": "RunPod",
    "stability": "Stability AI",
    "comfy-router": "Comfy Router",
    "wavespeed": "WaveSpeed",
    "3daigc": "3DAIGC-API",
}
OPTIONS = (
    EndpointOption(
        "profile",
        "choice",
        N_("Service"),
        default=USUAL,
        choices={**PROFILES, OWN: N_("As I describe it")},
    ),
    EndpointOption(
        "model",
        "text",
        N_("Model"),
        N_(
            "As the service calls it, such as fal-ai/trellis, or at Replicate "
            "owner/name:version; some services have only one."
        ),
    ),
    EndpointOption(
        "own_profile",
        "long",
        N_("Own profile"),
        N_(
            "As JSON, where you describe the service yourself: how an order is sent, and where "
            "in its answers the state and the mesh are."
        ),
        advanced=True,
    ),
)
FAL = "https://queue.fal.run"
FAL_HELP = N_(
    "Enter a key from fal's web site (fal.ai/dashboard/keys). Every solid is paid for, before "
    "it is known whether it is good."
)
REPLICATE = "https://api.replicate.com"
REPLICATE_HELP = N_(
    "Enter an API token from Replicate's web site; it begins with r8_. Every solid is paid for "
    "by the seconds it takes."
)
TRELLIS = (
    "firtoz/trellis:e8f6c45206993f297372f5436b90350817bd9b4a0d52d2a76df50c1c8afa2b3c"
)
HUNYUAN_21 = "ndreca/hunyuan3d-2.1:06ccdcbe5c3b98ded359d439d21903bc9105f707bd6ecd31f1f181cfebe9b481"


def _paid(
    name: str, label: str, help: str, url: str, profile: str, model: str = "",
    auth: str = "bearer", link: str = "",
) -> Preset:  # fmt: skip
    options: dict[str, Any] = {"profile": profile}
    if model:
        options["model"] = model
    return Preset(name, label, help, "queue", url, auth, options, True, link)


def _fal(name: str, label: str, model: str) -> Preset:
    link = f"https://fal.ai/models/{model}"
    return _paid(
        f"fal-{name}", f"{label} (fal)", FAL_HELP, FAL, "fal", model, "key", link
    )


def _replicate(name: str, label: str, model: str) -> Preset:
    link = f"https://replicate.com/{model.partition(':')[0]}"
    label = f"{label} (Replicate)"
    return _paid(
        f"replicate-{name}",
        label,
        REPLICATE_HELP,
        REPLICATE,
        "replicate",
        model,
        link=link,
    )


PRESETS = (
    _fal("hunyuan", "Hunyuan3D 2", "fal-ai/hunyuan3d/v2"),
    _fal("hunyuan-21", "Hunyuan3D 2.1", "fal-ai/hunyuan3d-v21"),
    _fal("hunyuan-31", "Hunyuan3D 3.1 Pro", "fal-ai/hunyuan-3d/v3.1/pro/image-to-3d"),
    _fal("trellis", "TRELLIS", "fal-ai/trellis"),
    _fal("trellis-2", "TRELLIS.2", "fal-ai/trellis-2"),
    _fal("tripo", "Tripo H3.1", "tripo3d/h3.1/image-to-3d"),
    _replicate("hunyuan-31", "Hunyuan3D 3.1", "tencent/hunyuan-3d-3.1"),
    _replicate("hunyuan-21", "Hunyuan3D 2.1", HUNYUAN_21),
    _replicate("trellis", "TRELLIS", TRELLIS),
    Preset(
        name="cog",
        label="Cog",
        help=N_(
            "A container of a model made with Cog, on a computer of yours with a graphics card "
            "(port 5000). Its photo has to be called image."
        ),
        driver="queue",
        options={"profile": "cog"},
        link="https://github.com/replicate/cog",
    ),
    _paid(
        "runpod",
        "RunPod",
        N_(
            "Your own worker at RunPod. Enter https://api.runpod.ai/v2/ with the id of your "
            "endpoint behind it, and an API key. The seconds it works are paid for."
        ),
        "",
        "runpod",
        link="https://docs.runpod.io/serverless/endpoints/overview",
    ),
    _paid(
        "stability",
        "Stability AI",
        N_(
            "Enter an API key from Stability's web site; it begins with sk-. Fast and simple "
            "shapes; every solid is paid for."
        ),
        "https://api.stability.ai",
        "stability",
        "stable-point-aware-3d",
        link="https://platform.stability.ai/docs/api-reference",
    ),
    _paid(
        "comfy-router",
        "Comfy Router",
        N_(
            "Enter an API key from Comfy's platform; it begins with comfyui-. Its queue is open "
            "to chosen workspaces only; every solid is paid for."
        ),
        "https://api.comfy.org",
        "comfy-router",
        "stability/stable-point-aware-3d",
        link="https://docs.comfy.org/development/comfy-router/queue",
    ),
    _paid(
        "wavespeed",
        "WaveSpeed",
        N_(
            "Enter an API key from WaveSpeed's web site, and the model as its page calls it. "
            "Every solid is paid for."
        ),
        "https://api.wavespeed.ai",
        "wavespeed",
        "wavespeed-ai/hunyuan3d-v3/image-to-3d",
        link="https://wavespeed.ai/models",
    ),
    Preset(
        name="3daigc",
        label="3DAIGC-API",
        help=N_(
            "The server 3DAIGC-API with several models, on a computer of yours with a graphics "
            "card (port 7842)."
        ),
        driver="queue",
        options={"profile": "3daigc", "model": "hunyuan3d_2_0_image_to_raw_mesh"},
        link="https://github.com/FishWoWater/3DAIGC-API",
    ),
    Preset(
        name="queue-own",
        label=N_("Another service"),
        help=N_(
            "Any service that takes an order, tells how far it is and gives a mesh; you "
            "describe it as JSON."
        ),
        driver="queue",
        options={"profile": OWN},
    ),
)

"""The code that loads and calls each model, with stand-ins for the models."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from img2stl_gpu_server.backends import BACKENDS, Picture, Settings, backend_class, make
from img2stl_gpu_server.maker import HereMaker
from img2stl_gpu_server.order import Order
from img2stl_gpu_server.refused import Cancelled, Refused
from img2stl_gpu_server.results import unpack
from img2stl_gpu_server.watch import Watch
from octoprint_img2stl.mesh.kernel import is_strict
from tests.unit.gpu_server.serving import STAND_INS, disc, running

STOOD_IN = ("torch", "triposg", "hy3dgen", "tsr", "huggingface_hub")
MODELS = ("triposg", "hunyuan2mini", "hunyuan2mv", "triposr")
COLOURS = {
    "front": (250, 0, 0),
    "left": (0, 250, 0),
    "back": (0, 0, 250),
    "right": (9, 9, 9),
}


def forget_stand_ins() -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] in STOOD_IN:
            del sys.modules[name]


@pytest.fixture
def torch(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The stand-in; nothing else of that name is loaded."""
    forget_stand_ins()
    monkeypatch.syspath_prepend(str(STAND_INS))
    yield importlib.import_module("torch")
    forget_stand_ins()


@pytest.fixture
def views(tmp_path) -> dict[str, Picture]:
    found = {}
    for role, colour in COLOURS.items():
        pixels = np.array(disc(200))
        pixels[pixels[..., 3] > 0, :3] = colour
        path = tmp_path / f"{role}.png"
        save(pixels, path)
        found[role] = Picture(role, path, True)
    return found


def save(pixels: np.ndarray, path) -> None:
    Image.fromarray(pixels).save(path)


def maker(name: str, **settings) -> HereMaker:
    return HereMaker(make(name, Settings(accept_tencent_licence=True, **settings)))


def calls(torch: ModuleType, what: str) -> list[dict]:
    return [values for name, values in torch.said if name == what]


def test_nothing_heavy_is_loaded_before_it_is_needed():
    forget_stand_ins()
    for name in BACKENDS:
        backend_class(name)
    assert not any(name in sys.modules for name in ("torch", "triposg", "hy3dgen", "tsr"))


def test_triposg(torch, views):
    told = []
    watch = Watch(lambda share, stage: told.append((share, stage)))
    made = maker("triposg").make(Order(seed=77, detail="draft"), [views["front"]], watch)
    assert calls(torch, "snapshot_download") == [{"repo_id": "VAST-AI/TripoSG"}]
    assert calls(torch, "to") == [{"device": "cuda", "dtype": "float16"}]
    (call,) = calls(torch, "triposg")
    assert call["seed"] == 77 and call["steps"] == 20 and call["guidance"] == 7.0
    # As its own image_process.py prepares it: RGB, on white, square, a tenth of border.
    assert call["mode"] == "RGB" and call["corner"] == (255, 255, 255)
    assert call["middle"] == COLOURS["front"]
    assert call["size"][0] == call["size"][1] == pytest.approx(140 * 1.2, abs=3)
    shares = [share for share, _ in told]
    assert shares == sorted(shares) and shares[-1] == 1
    assert {"shaping", "surface", "repairing"} <= {stage for _, stage in told}
    mesh = unpack(made.mesh)
    assert is_strict(mesh)
    # Lying there as long as wide as deep: x 0.9, y (up) 0.6, z (to the front) 0.3.
    assert np.ptp(mesh.vertices, axis=0) == pytest.approx([80, 26.7, 53.3], rel=0.02)


def test_the_crumbs_are_gone_and_it_is_said(torch, views):
    made = maker("triposg").make(Order(), [views["front"]], Watch())
    assert any("loose parts" in note for note in made.notes)
    assert unpack(made.mesh).vertices[:, 2].min() == pytest.approx(0, abs=1e-4)


def test_weights_of_ones_own(torch, views, tmp_path):
    maker("triposg", model=str(tmp_path)).make(Order(), [views["front"]], Watch())
    assert calls(torch, "from_pretrained") == [{"folder": str(tmp_path)}]
    assert not calls(torch, "snapshot_download")


def test_without_a_card_it_is_the_processor(torch, views):
    torch.faults["cpu"] = 1
    maker("triposg").make(Order(num_inference_steps=2), [views["front"]], Watch())
    assert calls(torch, "to") == [{"device": "cpu", "dtype": "float32"}]


def test_hunyuan_of_one_picture(torch, views):
    order = Order(
        seed=3, num_inference_steps=20, octree_resolution=256, guidance_scale=5.5
    )
    made = maker("hunyuan2mini", low_memory=True).make(order, [views["front"]], Watch())
    (load,) = calls(torch, "from_pretrained")
    assert load["model"] == "tencent/Hunyuan3D-2mini"
    assert load["subfolder"] == "hunyuan3d-dit-v2-mini-turbo"
    assert calls(torch, "enable_flashvdm") and calls(torch, "enable_model_cpu_offload")
    (call,) = calls(torch, "hunyuan")
    assert call["images"] == {"front": ("RGBA", (*COLOURS["front"], 255))}
    assert (call["steps"], call["octree"], call["guidance"]) == (20, 256, 5.5)
    assert call["seed"] == 3
    assert is_strict(unpack(made.mesh))


def test_hunyuan_means_the_subjects_own_left(torch, views):
    pictures = [views[role] for role in ("right", "front", "left", "back")]
    maker("hunyuan2mv").make(Order(), pictures, Watch())
    (call,) = calls(torch, "hunyuan")
    colours = {side: colour[:3] for side, (_, colour) in call["images"].items()}
    assert colours == {
        "front": COLOURS["front"],
        "back": COLOURS["back"],
        "left": COLOURS["right"],
        "right": COLOURS["left"],
    }


def test_triposr(torch, views):
    made = maker("triposr").make(Order(detail="draft"), [views["front"]], Watch())
    (call,) = calls(torch, "tsr")
    # As its run.py prepares it: on grey, the subject fills 85 %.
    assert call["mode"] == "RGB" and call["corner"] == (127, 127, 127)
    assert call["size"][0] == pytest.approx(140 / 0.85, abs=3)
    assert calls(torch, "extract_mesh") == [{"resolution": 128, "colours": False}]
    mesh = unpack(made.mesh)
    x, y, z = mesh.vertices.T
    assert np.ptp(x) == pytest.approx(80, rel=0.02)
    assert np.ptp(z) == pytest.approx(53.3, rel=0.02)
    # Its nose looks to us, who stand at -y: five parts before the widest place, three behind.
    widest = y[np.abs(x).argmax()]
    assert (widest - y.min()) / (y.max() - widest) == pytest.approx(5 / 3, rel=0.05)


@pytest.mark.parametrize("name", MODELS)
def test_too_little_memory_is_said_and_given_back(torch, views, name):
    made = maker(name)
    made.load()
    torch.faults["memory"] = 2
    with pytest.raises(Refused) as refused:
        made.make(Order(num_inference_steps=4), [views["front"]], Watch())
    assert refused.value.kind == "memory" and "less detail" in refused.value.message
    assert calls(torch, "empty_cache")
    del torch.faults["memory"]
    made.make(Order(num_inference_steps=4), [views["front"]], Watch())  # and it goes on


@pytest.mark.parametrize("name", MODELS)
def test_a_bug_in_a_model_shows_no_paths(torch, views, name):
    torch.faults["bug"] = 2
    with pytest.raises(Refused) as refused:
        maker(name).make(Order(num_inference_steps=4), [views["front"]], Watch())
    assert refused.value.kind == "remote"
    assert (
        "secret" not in refused.value.message and "RuntimeError" in refused.value.message
    )


@pytest.mark.parametrize("name", ["triposg", "hunyuan2mini"])
def test_a_model_that_finds_no_surface(torch, views, name):
    torch.faults["nothing"] = 1
    with pytest.raises(Refused, match="made nothing"):
        maker(name).make(Order(num_inference_steps=4), [views["front"]], Watch())


@pytest.mark.parametrize("name", MODELS)
def test_it_stops_at_its_next_step(torch, views, name):
    seen = []

    def tell(share: float, stage: str) -> None:
        seen.append(stage)
        if stage == "shaping":
            watch.cancelled.set()

    watch = Watch(tell)
    with pytest.raises(Cancelled):
        maker(name).make(Order(num_inference_steps=30), [views["front"]], watch)
    assert seen.count("shaping") == 1
    assert "repairing" not in seen


@pytest.mark.parametrize("name", MODELS)
def test_what_is_missing_is_named(views, name):
    """Here, where there is neither torch nor a model."""
    forget_stand_ins()
    with pytest.raises(Refused) as refused:
        maker(name).make(Order(), [views["front"]], Watch())
    assert "'torch'" in refused.value.message and "Install torch" in refused.value.message


@pytest.mark.parametrize("name", ["hunyuan2mini", "hunyuan2mv"])
def test_the_licence_is_asked_for(name):
    with pytest.raises(Refused) as refused:
        make(name, Settings())
    assert refused.value.kind == "licence"
    assert "European Union" in refused.value.message


def test_a_busy_background_is_not_taken_for_the_subject(torch, tmp_path):
    noise = np.random.default_rng(1).integers(0, 255, (120, 120, 3), np.uint8)
    save(noise, tmp_path / "noise.png")
    picture = Picture("front", tmp_path / "noise.png", False)
    with pytest.raises(Refused, match="background is not plain") as refused:
        maker("triposg", cutter="plain").make(Order(), [picture], Watch())
    assert refused.value.kind == "input"


def test_rembg_is_used_where_it_is_installed(torch, tmp_path, monkeypatch):
    rembg = ModuleType("rembg")
    rembg.__spec__ = ModuleSpec("rembg", None)
    rembg.new_session = lambda model: model

    def remove(image: Image.Image, session: str) -> Image.Image:
        assert session == "isnet-general-use"
        image = image.convert("RGBA")
        image.putalpha(disc(image.width).getchannel("A"))
        return image

    rembg.remove = remove
    monkeypatch.setitem(sys.modules, "rembg", rembg)
    assert Settings().cuts_anything and not Settings(cutter="plain").cuts_anything
    noise = np.random.default_rng(1).integers(0, 255, (120, 120, 3), np.uint8)
    save(noise, tmp_path / "noise.png")
    picture = Picture("front", tmp_path / "noise.png", False)
    maker("triposg").make(Order(num_inference_steps=2), [picture], Watch())
    (call,) = calls(torch, "triposg")
    assert call["corner"] == (255, 255, 255)


def test_a_model_behind_the_wire(tmp_path):
    """The whole way, in a server of its own whose model fails once for want of memory."""
    env = {"PYTHONPATH": str(STAND_INS)}
    with running(
        tmp_path / "good", "--backend", "triposg", "--load-now", env=env
    ) as server:
        capabilities = server.get("/capabilities").json()
        assert capabilities["backend"]["licence"] == "MIT"
        assert capabilities["views"]["max"] == 1
        told = server.ended(server.send(max_faces=1000))
        assert told["status"] == "completed" and told["triangles"] <= 1000
        answer = server.post("/send", {"images": {"front": "AAAA", "back": "AAAA"}})
        assert (
            answer.status_code == 422 and "takes one picture" in answer.json()["message"]
        )
    env["TORCH_FAULTS"] = "memory=3"
    options = ("--backend", "hunyuan2mini", "--accept-tencent-licence")
    with running(tmp_path / "small", *options, env=env) as server:
        told = server.ended(server.send())
        assert told["status"] == "error" and told["error_kind"] == "memory"
        assert "European Union" in server.get("/capabilities").json()["backend"]["notice"]
    assert "South Korea" in (tmp_path / "small" / "log").read_text()

"""The Img2STL of PyPI (a wxPython window; not this project) without its window.

Pillow stands in for wxPython's picture, everything else of wxPython does nothing.
"""

from __future__ import annotations

import importlib
import multiprocessing
import sys
import types
from pathlib import Path

from task import task


class Picture:
    """As much of `wx.Image` as Img2STL uses, for a picture without transparency."""

    def __init__(self, source) -> None:
        from PIL import Image

        self._image = (
            source._image if isinstance(source, Picture) else Image.open(source)
        ).convert("RGB")

    def ConvertToGreyscale(self) -> Picture:  # noqa: N802
        return self

    def HasAlpha(self) -> bool:  # noqa: N802
        return True

    def GetAlpha(self) -> bytes:  # noqa: N802
        return b"\xff" * (self._image.width * self._image.height)

    def GetData(self) -> bytes:  # noqa: N802
        return self._image.tobytes()

    def GetWidth(self) -> int:  # noqa: N802
        return self._image.width

    def GetHeight(self) -> int:  # noqa: N802
        return self._image.height


class Event:
    def __init__(self, **_) -> None:
        pass

    def SetId(self, _) -> None:  # noqa: N802
        pass

    def Clone(self) -> Event:  # noqa: N802
        return self


def main() -> None:
    multiprocessing.set_start_method("fork")
    job = task()
    picture, out = Path(job.picture), Path(job.out)
    wx = types.ModuleType("wx")
    wx.__getattr__ = lambda name: type(name, (), {})
    vars(wx).update(Image=Picture, PyEvent=Event)
    wx.LogMessage = wx.LogError = wx.QueueEvent = lambda *_: None
    sys.modules["wx"] = wx

    executor = importlib.import_module("Img2STL.utils.executor").Executor
    executor(
        evt_hdlr=None,
        autocrop=False,
        density=job.width / Picture(picture).GetWidth(),
        height_max=job.base + job.relief,
        height_min=job.base,
        mask_mode=False,
        mask_color=None,
        height_mode=False,
        f_type=1,
        files_dir=str(picture.parent),
        files_list=[picture.name],
        exit_files_dir=str(out.parent),
        exit_files_list=[out.name],
    ).run()


if __name__ == "__main__":
    main()

"""How far CuraEngine is, by time, from what it says about its stages.

Its own fractions are up to 40 points off for a relief. Measured with 4.13 on a photo's
relief, two noisy planes and a wavy ball: where a stage begins and ends, that the work of
a layer grows with the square of its outline, and that long silences are work as well.
With that it was within 11 points of the truth for the relief and 8 for the ball, on a busy
machine; where one single layer is half of all work, as in a noisy plane, nobody can tell
before, and it may be 30.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence

# stage -> (part of it done, fraction of the whole) at some points. "inset+skin" is all
# walls and then all skins, in layers; "export" is a layer after the other.
Stages = dict[str, tuple[tuple[float, float], ...]]
PLAIN: Stages = {
    "slice": ((0, 0.0), (1, 0.02)),
    "layerparts": ((0, 0.02), (1, 0.03)),
    "inset+skin": ((0, 0.04), (0.5, 0.10), (1, 0.40)),
    "support": ((0, 0.40), (1, 0.44)),
    "export": ((0, 0.46), (1, 1.0)),
    "process": ((0, 1.0), (1, 1.0)),
}
SUPPORTED: Stages = {
    **PLAIN,
    "inset+skin": ((0, 0.03), (0.5, 0.11), (1, 0.28)),
    "support": ((0, 0.46), (1, 0.54)),
    "export": ((0, 0.63), (1, 1.0)),
}
# In a silence: share of the speed up to now, and farthest that it goes on by itself.
SLOWER = 0.5
SILENCE = 0.12
ALMOST = 0.99


class Pace:
    """Turns stages into a fraction 0..1 that never falls, and goes on in silences.

    Args:
        progress: called with the fraction.
        supports: whether supports are made, which takes its time.
        work: of `effort.layer_work`: what share of all work is done after each layer;
            empty: all layers alike.
        clock: seconds.
    """

    def __init__(
        self,
        progress: Callable[[float], None] | None,
        supports: bool = False,
        work: Sequence[float] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._progress = progress
        self._stages = SUPPORTED if supports else PLAIN
        self._work = (0.0, *work)
        self._clock, self._begun = clock, clock()
        self._told = 0.0  # what the progress was told
        self._known, self._since = 0.0, self._begun  # of the engine's last word

    def reached(self, stage: str, done: int, total: int) -> None:
        """The engine said how much of a stage is done; unknown stages count nothing."""
        points = self._stages.get(stage)
        if points is None or total <= 0:
            return
        part = min(1.0, done / total)
        if stage == "export" and len(self._work) > 1:
            part = self._worked(part)
        place = min(bisect_right([at for at, _ in points], part), len(points) - 1)
        (begin, low), (end, high) = points[place - 1], points[place]
        fraction = low + (high - low) * (part - begin) / (end - begin)
        if fraction > self._known:
            self._known, self._since = fraction, self._clock()
            self._tell(fraction)

    def tick(self) -> None:
        """Time went on: so does what is shown, slowly and not far."""
        spent = self._since - self._begun
        if self._known <= 0 or spent <= 0:
            return
        further = SLOWER * self._known / spent * (self._clock() - self._since)
        self._tell(min(self._known + min(further, SILENCE), ALMOST))

    def _worked(self, part: float) -> float:
        """Share of the work behind a share of the layers."""
        layers = part * (len(self._work) - 1)
        whole = int(layers)
        above = self._work[min(whole + 1, len(self._work) - 1)]
        return self._work[whole] + (above - self._work[whole]) * (layers - whole)

    def _tell(self, fraction: float) -> None:
        if fraction > self._told:
            self._told = fraction
            if self._progress:
                self._progress(fraction)

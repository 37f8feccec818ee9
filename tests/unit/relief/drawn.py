"""Settings of a relief drawn by lot, every one of them, as the browser would send them."""

from __future__ import annotations

import random
from typing import Any

from octoprint_img2stl.relief.options import (
    MOST_CURVE_POINTS,
    OPTIONS,
    Choice,
    Curve,
    Number,
    Option,
    Switch,
)
from octoprint_img2stl.relief.shapes import SHAPES

LETTERS = "aZ 0ßéж漢&<>\"'%"


def drawn_settings(seed: int) -> dict[str, Any]:
    """A value for every setting but the route; all of them go together."""
    chance = random.Random(seed)
    data = {name: drawn(option, chance) for name, option in OPTIONS.items()}
    data["shape"] = chance.choice(list(SHAPES))
    if data["steps"] == 1:
        data["steps"] = 2
    data["black"], data["white"] = sorted(chance.sample(range(11), 2))
    data["black"], data["white"] = data["black"] / 10, data["white"] / 10
    return data


def drawn(option: Option, chance: random.Random) -> Any:
    """A value that the option allows."""
    if isinstance(option, Number):
        if option.optional and chance.random() < 0.3:
            return None
        if option.whole:
            return chance.randint(round(option.least), round(option.most))
        return chance.uniform(option.least, option.most)
    if isinstance(option, Switch):
        return chance.random() < 0.5
    if isinstance(option, Choice):
        return chance.choice(list(option.choices))
    if isinstance(option, Curve):
        if chance.random() < 0.3:
            return None
        places = sorted(chance.sample(range(101), chance.randint(2, MOST_CURVE_POINTS)))
        return [[x / 100, chance.random()] for x in places]
    return "".join(chance.choices(LETTERS, k=chance.randint(0, option.most)))

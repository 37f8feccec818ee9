"""From the picture to the share of the relief's height: levels, smoothing, detail, steps."""

from __future__ import annotations

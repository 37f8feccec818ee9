"""How a slab lies in space: flat, upright, rolled up, as a dome, around a box.

A bend maps (u, v, h) of a `Body` to x, y, z in mm, z up as printed; a right-handed frame
stays right-handed. Everything is elementwise on contiguous float64 arrays, so that equal
coordinates give bit-equal points and triangles that share a corner in the slab share it
in space. Where the print stands on the bed is not settled here.

`sag` bounds what flat triangles lose anywhere, `sag_at` what those about given places
lose. Let p be a point of a triangle with corners x_i, p = sum l_i x_i, and B the bend.
Taylor's theorem about p gives |sum l_i B(x_i) - B(p)| <=
1/2 sum l_i max|B''[x_i - p, x_i - p]|, and the weighted sum of (u_i - u)^2 is a variance,
at most du^2 / 4 within a box du wide (Popoviciu).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Flat:
    """On its back, the photo's top at +y."""

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm."""
        return np.stack([u, v, h], axis=1)

    def sag(self, du: float, dv: float, h_max: float) -> float:
        """Greatest distance from a flat triangle: none."""
        return 0.0

    def sag_at(
        self,
        u: np.ndarray,
        v: np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: np.ndarray,
    ) -> np.ndarray:
        """The same about places (u, v), for triangles whose corners' heights are no
        further apart than `rise`; all are broadcast."""
        return np.zeros(np.broadcast_shapes(np.shape(u), np.shape(v), np.shape(rise)))


@dataclass(frozen=True)
class Standing(Flat):
    """On its lower edge, the photo's top up, its picture side facing -y."""

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm."""
        return np.stack([u, -h, v], axis=1)


FLAT = Flat()
STANDING = Standing()


class _Round:
    """What is curved about a vertical axis, everywhere alike."""

    radius: float

    def sag(self, du: float, dv: float, h_max: float) -> float:
        """Upper bound of the distance from a flat triangle with heights 0..h_max, mm.

        It holds for level lines at negative heights as well.

        In the direction of an angle a and a height g, the second derivative is
        (R + h) a^2 inwards and 2 a g sideways; Cauchy's inequality over the corners gives
        a / 8 sqrt((R + h)^2 a^2 + 4 h^2).
        """
        return float(self._sag(du, h_max, h_max))

    def _sag(self, du: float, h_max: float, rise: float | np.ndarray) -> np.ndarray:
        angle = du / self.radius
        return angle / 8 * np.hypot((self.radius + h_max) * angle, 2 * rise)

    def sag_at(
        self,
        u: np.ndarray,
        v: np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: np.ndarray,
    ) -> np.ndarray:
        """The same, everywhere alike, for triangles whose corners' heights are no further
        apart than `rise`; all are broadcast."""
        shape = np.broadcast_shapes(np.shape(u), np.shape(v), np.shape(rise))
        return np.broadcast_to(self._sag(du, h_max, rise), shape)


@dataclass(frozen=True)
class Arc(_Round):
    """Upright and curved about a vertical axis, the picture on the convex side, to -y.

    Attributes:
        radius: of the back, where h = 0.
    """

    radius: float

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm; the axis is at x = y = 0.

        Args:
            h: above -radius.
        """
        return _around(u / self.radius, self.radius + h, v)


@dataclass(frozen=True)
class Tube(_Round):
    """An upright tube; u = 0 faces -y, the seam +y.

    Attributes:
        circumference: of the back, the width of the canvas.
    """

    circumference: float

    @property
    def radius(self) -> float:
        """Of the back, where h = 0."""
        return self.circumference / (2 * math.pi)

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm; the axis is at x = y = 0.

        Args:
            h: above -radius; a negative one reaches inward.
        """
        # The remainder first: both ends of the canvas give the very same angle.
        along = np.mod(u + self.circumference / 2, self.circumference)
        angle = along * (2 * math.pi / self.circumference) - math.pi
        return _around(angle, self.radius + h, v)


@dataclass(frozen=True)
class Dome:
    """A spherical cap with the picture outside, its rim down, its pole up.

    The back lies on a sphere, its distances from the pole kept (azimuthal equidistant
    projection: rho = R theta). Above the point n(theta) of the unit sphere, h goes along
    D = n + tau e, where e is the direction in which theta grows and
    tau = cot(cap) (theta / cap)^3: outward at the pole, horizontal at the rim, so that
    the rim is plane. As n D = 1, a point is never less than h away from the back; as tau
    grows with theta, no two points coincide (for h >= 0).

    Attributes:
        radius: R, of the back's sphere, where h = 0.
        cap_deg: polar angle of the rim, above 0, at most 90.
    """

    radius: float
    cap_deg: float

    @property
    def _cap(self) -> float:
        return math.radians(self.cap_deg)

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm; the pole is above x = y = 0, the rim at z = 0.

        Args:
            h: 0 or more.
        """
        theta = np.hypot(u, v) / self.radius
        squared = theta * theta
        # tau = lean * theta; with sin(theta) / theta nothing is divided by 0 at the pole.
        lean = squared * (1 / math.tan(self._cap) / self._cap**3)
        sine, cosine = np.sinc(theta / math.pi), np.cos(theta)
        out = self.radius + h
        ring = (out * sine + h * lean * cosine) / self.radius
        up = out * cosine - h * lean * squared * sine
        rim = self.radius * math.cos(self._cap)
        return np.stack([ring * u, ring * v, up - rim], axis=1)

    def sag(self, du: float, dv: float, h_max: float) -> float:
        """Upper bound of the distance from a flat triangle with heights 0..h_max, mm."""
        return float(self._sag_within(self._cap, du, dv, h_max, h_max))

    def sag_at(
        self,
        u: np.ndarray,
        v: np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: np.ndarray,
    ) -> np.ndarray:
        """The same about places (u, v), least at the pole, for triangles whose corners'
        heights are no further apart than `rise`; all are broadcast."""
        furthest = (np.hypot(u, v) + math.hypot(du, dv) / 2) / self.radius
        return self._sag_within(np.minimum(furthest, self._cap), du, dv, h_max, rise)

    def _sag_within(
        self,
        theta: float | np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: float | np.ndarray,
    ) -> np.ndarray:
        """The bound for triangles that reach no further from the pole than `theta`.

        The second derivative of R n + h D in the direction (d, g) of (u, v) and h is at
        most (1 / R + h |D''| / R^2) |d|^2 + 2 |D'| |d| |g| / R, derivatives by angles:
        |n''| <= 1 (the exponential map of the unit sphere), the others from
        T = tau e = k theta^3 e, k = cot(cap) / cap^3:
        |D'| <= |(1 + 3 k theta^2) e - k theta^3 n| and
        |T''| <= k theta sqrt((6 - theta^2)^2 + 36 theta^2 + 4), which grow with theta.
        """
        squared, k = theta * theta, 1 / math.tan(self._cap) / self._cap**3
        first = np.hypot(1 + 3 * k * squared, k * squared * theta)
        second = 1 + k * theta * np.sqrt(40 + 24 * squared + squared * squared)
        spread = (du**2 + dv**2) / 4
        level = spread / (2 * self.radius) * (1 + h_max * second / self.radius)
        return level + math.sqrt(spread) * rise / 2 * first / self.radius


@dataclass(frozen=True)
class Box:
    """An upright square tube with quarter circles as corners.

    From left to right u runs over the faces to -y, +x, +y and -x; the seam is in the
    middle of a corner. Negative heights lead towards a round hole about the axis.

    Attributes:
        circumference: of the back, the width of the canvas.
        corner_radius: of the back's corners, above 0.
        hole_radius: of the hole that is reached at h = hole_radius - side / 2; less than
            half the side.
    """

    circumference: float
    corner_radius: float
    hole_radius: float = 0.0

    @property
    def side(self) -> float:
        """Of the back's square, its corners taken as sharp."""
        return self.circumference / 4 + (2 - math.pi / 2) * self.corner_radius

    def points(self, u: np.ndarray, v: np.ndarray, h: np.ndarray) -> np.ndarray:
        """(n, 3) places of the points, mm; the axis is at x = y = 0."""
        panel = self.circumference / 4
        along = np.mod(u + self.circumference / 2, self.circumference)
        face = np.minimum(np.floor(along / panel), 3)
        place = along - (face + 0.5) * panel

        centre = self.side / 2 - self.corner_radius
        outward = np.maximum(h, 0)
        radius = self.corner_radius + outward
        straight = np.minimum(np.abs(place), centre)
        turn = (np.abs(place) - straight) / self.corner_radius
        across = np.copysign(straight + radius * np.sin(turn), place)
        out = centre + radius * np.cos(turn)

        # Quarter turns of (across, -out); swapping and negating is exact.
        x = np.choose(face.astype(np.intp), [across, out, -across, -out])
        y = np.choose(face.astype(np.intp), [-out, across, out, -across])
        share = np.minimum(h, 0) / (self.hole_radius - self.side / 2)
        scale = 1 + share * (self.hole_radius / np.hypot(x, y) - 1)
        return np.stack([x * scale, y * scale, v], axis=1)

    def sag(self, du: float, dv: float, h_max: float) -> float:
        """Upper bound of the distance from a flat triangle with heights 0..h_max, mm.

        For triangles that are level wherever they touch a corner, which frames there are.
        It holds for level lines at negative heights as well.
        """
        radius = self.corner_radius
        return (radius + h_max) * (du / radius) ** 2 / 8

    def sag_at(
        self,
        u: np.ndarray,
        v: np.ndarray,
        du: float,
        dv: float,
        h_max: float,
        rise: np.ndarray,
    ) -> np.ndarray:
        """The same about places (u, v), 0 on the faces; all are broadcast."""
        panel = self.circumference / 4
        away = np.abs(np.mod(u + panel / 2, panel) - panel / 2)
        bent = away <= math.pi / 4 * self.corner_radius + du / 2
        shape = np.broadcast_shapes(np.shape(u), np.shape(v), np.shape(rise))
        return np.broadcast_to(np.where(bent, self.sag(du, dv, h_max), 0.0), shape)


def _around(angle: np.ndarray, radius: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Points about a vertical axis; angle 0 faces -y, from above counter-clockwise."""
    return np.stack([radius * np.sin(angle), -radius * np.cos(angle), z], axis=1)

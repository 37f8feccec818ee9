"""What kind of file it is, told from its first bytes, before any decoder sees it."""

from __future__ import annotations

from ..problems import N_
from .refused import PhotoRefused

HEAD_BYTES = 4096

# Kind -> the Pillow plugins that may open it. Nothing else is ever asked, so that a
# hostile file cannot choose a rarely used decoder. A JPEG with more pictures behind it is
# an MPO.
OPENERS = {
    "JPEG": ("JPEG", "MPO"),
    "PNG": ("PNG",),
    "WEBP": ("WEBP",),
    "GIF": ("GIF",),
    "BMP": ("BMP",),
    "TIFF": ("TIFF",),
    "HEIC": ("HEIF",),
}

_STARTS = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
)
# "BM" alone starts many a text; the size of the header behind it is one of these.
_BMP_HEADERS = (12, 16, 40, 52, 56, 64, 108, 124)
_HEIC_BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis"),
    *(b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"mif1", b"msf1"),
}
# Pictures and documents that people do try; named so that the sentence can be plain.
_OTHERS = (
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\0\0\1\0", "ICO"),
    (b"\0\0\0\x0cjP  \r\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\x76\x2f\x31\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"gimp xcf", "GIMP"),
    (b"FUJIFILM", "RAF"),
    (b"II+\0", "BigTIFF"),
    (b"MM\0+", "BigTIFF"),
)


def kind_of(head: bytes) -> str:
    """The kind of picture, a key of `OPENERS`, from a file's first bytes.

    Raises:
        PhotoRefused: ``photo.empty``, ``photo.svg``, ``photo.unsupported_format``,
            ``photo.not_an_image``.
    """
    if not head:
        raise PhotoRefused(
            "photo.empty", N_("The file is empty; choose the photo again."), field="photo"
        )
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return "BMP"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        brands = {head[8:12], *_compatible_brands(head)}
        if brands & {b"avif", b"avis"}:
            raise _unsupported("AVIF")
        if brands & _HEIC_BRANDS:
            return "HEIC"
    if _is_svg(head):
        raise PhotoRefused(
            "photo.svg",
            N_(
                "This is an SVG drawing, not a photo; export it as PNG, 2000 px wide or "
                "more, and use that."
            ),
            field="photo",
        )
    for start, name in _OTHERS:
        if head.startswith(start):
            raise _unsupported(name)
    raise PhotoRefused(
        "photo.not_an_image",
        N_("The file is not a picture; choose a JPEG, PNG, WebP, GIF, BMP or TIFF file."),
        field="photo",
    )


def heic_refused() -> PhotoRefused:
    """The refusal of a HEIC photo where its optional reader is not installed."""
    return PhotoRefused(
        "photo.heic",
        N_(
            "This is a HEIC photo, and its reader is not installed. Save it as JPEG (on "
            "an iPhone: Settings, Camera, Formats, Most Compatible), or install the "
            "Python package pillow-heif beside OctoPrint."
        ),
        field="photo",
    )


def _unsupported(name: str) -> PhotoRefused:
    return PhotoRefused(
        "photo.unsupported_format",
        N_(
            "Pictures of the kind %(format)s cannot be read here; save it as JPEG or PNG "
            "and use that."
        ),
        field="photo",
        format=name,
    )


def _compatible_brands(head: bytes) -> list[bytes]:
    # ISO/IEC 14496-12, 4.3: size, 'ftyp', major brand, minor version, compatible brands.
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return [head[at : at + 4] for at in range(16, end - 3, 4)]


def _is_svg(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    markup = text.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg"))
    return markup and b"<svg" in text

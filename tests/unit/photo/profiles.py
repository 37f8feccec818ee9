"""Colour profiles for the tests."""

from PIL import ImageCms


def linear_profile() -> bytes:
    """sRGB's own profile with its three tone curves replaced by straight lines."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(data[128:132], "big"), 12):
        name = bytes(data[at : at + 4])
        start = int.from_bytes(data[at + 4 : at + 8], "big")
        size = int.from_bytes(data[at + 8 : at + 12], "big")
        if name in (b"rTRC", b"gTRC", b"bTRC"):
            # ICC.1:2010, 10.16: parametric curve of type 0, Y = X ** gamma, gamma 1.0.
            curve = b"para" + bytes(4) + b"\0\0\0\0" + (65536).to_bytes(4, "big")
            data[start : start + size] = curve.ljust(size, b"\0")
        elif name == b"desc":
            found = data.find("sRGB".encode("utf-16-be"), start, start + size)
            data[found : found + 8] = "flat".encode("utf-16-be")
    return bytes(data)

import struct

import pytest
import trimesh

from octoprint_img2stl.mesh.measure import measure
from tests.unit.mesh.formats.reading import SIZE, code, opened, refused

POINTS = [(0, 0, 0), (6, 0, 0), (6, 6, 0), (0, 6, 0), (3, 3, 6)]
PYRAMID = [(0, 3, 2, 1), (0, 1, 4), (1, 2, 4), (2, 3, 4), (3, 0, 4)]
VOLUME = 72


def ply(
    kind: str,
    *,
    points=POINTS,
    faces=PYRAMID,
    coloured: bool = False,
    extra: bool = False,
) -> bytes:
    lines = [
        "ply",
        f"format {kind} 1.0",
        "comment made by a test",
        *(
            ["element edge 2", "property list uchar short way", "property uchar z"]
            * extra
        ),
        f"element vertex {len(points)}",
        *(f"property double {axis}" for axis in "xyz"),
        *(["property uchar quality"] * extra),
        f"element face {len(faces)}",
        *(["property float flag"] * extra),
        "property list uchar int vertex_indices",
        *(f"property uchar {name}" for name in ("red", "green", "blue") if coloured),
        "end_header",
    ]
    data = ("\n".join(lines) + "\n").encode()
    tint = (1, 2, 3) if coloured else ()
    if kind == "ascii":
        rows = [(2, 5, 5, 7), (0, 7)] * extra
        rows += [(*point, *([9] * extra)) for point in points]
        rows += [(*([0.5] * extra), len(face), *face, *tint) for face in faces]
        return data + "".join(" ".join(map(str, row)) + "\n" for row in rows).encode()
    sign = "<" if "little" in kind else ">"
    if extra:
        data += struct.pack(sign + "B2hBBB", 2, 5, 5, 7, 0, 7)
    for point in points:
        data += struct.pack(sign + "3d", *point) + b"\x09" * extra
    for face in faces:
        data += struct.pack(sign + "f", 0.5) * extra
        data += struct.pack(f"{sign}B{len(face)}i", len(face), *face) + bytes(tint)
    return data


KINDS = ("ascii", "binary_little_endian", "binary_big_endian")


@pytest.mark.parametrize("extra", [False, True], ids=["plain", "extra"])
@pytest.mark.parametrize("kind", KINDS)
def test_ply_in_every_dress(tmp_path, kind, extra):
    facts = measure(opened(tmp_path, "x.ply", ply(kind, extra=extra)).mesh)
    assert facts.size == (6, 6, 6) and facts.watertight and facts.winding_ok
    assert facts.volume == pytest.approx(VOLUME)


@pytest.mark.parametrize("kind", KINDS)
def test_ply_of_triangles_then_others(tmp_path, kind):
    """The fast way for triangles gives way in the middle."""
    faces = [*PYRAMID[1:], PYRAMID[0]]
    facts = measure(opened(tmp_path, "x.ply", ply(kind, faces=faces)).mesh)
    assert facts.watertight and facts.volume == pytest.approx(VOLUME)


@pytest.mark.parametrize("kind", KINDS)
def test_ply_colours_of_faces(tmp_path, kind):
    faces = PYRAMID[1:]
    loaded = opened(tmp_path, "x.ply", ply(kind, faces=faces, coloured=True))
    assert loaded.colours.tolist() == [[1, 2, 3]] * 4
    assert opened(tmp_path, "x.ply", ply(kind)).colours is None


def test_ply_colours_of_points(tmp_path):
    text = ply("ascii", faces=PYRAMID[1:]).decode()
    tint = (
        "property double z\nproperty uchar red\nproperty uchar green\nproperty uchar blue"
    )
    text = text.replace("property double z", tint)
    for point in POINTS:
        row = " ".join(map(str, point)) + "\n"
        text = text.replace(row, row[:-1] + " 30 60 90\n", 1)
    assert opened(tmp_path, "x.ply", text).colours.tolist() == [[30, 60, 90]] * 4


@pytest.mark.parametrize("kind", ["ply", "off"])
def test_another_programs_file(tmp_path, kind):
    data = trimesh.creation.box(SIZE).export(file_type=kind)
    loaded = opened(tmp_path, f"x.{kind}", data)
    facts = measure(loaded.mesh)
    assert facts.size == SIZE and facts.watertight and facts.volume == 6000
    assert (loaded.unit, loaded.up, loaded.parts) == (None, None, 1)


def test_point_clouds_say_so(tmp_path):
    for data in (ply("ascii", faces=[]), ply("binary_little_endian", faces=[])):
        assert code(tmp_path, "x.ply", data) == "mesh.point_cloud"
    assert code(tmp_path, "x.off", "OFF\n1 0 0\n1 2 3\n") == "mesh.point_cloud"


def test_ply_that_announces_more_than_it_has(tmp_path):
    data = ply("binary_little_endian")
    for old, new in (
        (b"element vertex 5", b"element vertex 4000000000"),
        (b"element face 5", b"element face 4000000000"),
        (b"element face 5", b"element face 99999999999999999999"),
        (b"element face 5", b"element face 6"),
    ):
        error = refused(tmp_path, "x.ply", data.replace(old, new))
        assert error.code == "mesh.unreadable"
    for cut in range(0, len(data) - 3, 7):
        assert code(tmp_path, "x.ply", data[:cut] or b"ply") in (
            "mesh.unreadable", "mesh.unsupported_format",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("element face 5", "element face five"),
        ("property double x", "property double w"),
        ("property double x", "property quadruple x"),
        ("vertex_indices", "corners"),
        ("property list uchar int", "property list uchar"),
        ("format ascii 1.0", "format words 1.0"),
        ("end_header", "end"),
        ("0 3 2 1", "0 3 2 9"),
        ("0 3 2 1", "0 3 -1 1"),
        ("0 3 2 1", "0 3 2.5 1"),
        ("4 0 3 2 1", "5 0 3 2 1"),
        ("4 0 3 2 1", "-4 0 3 2 1"),
        ("4 0 3 2 1", "1e30 0 3 2 1"),
        ("4 0 3 2 1", "four 0 3 2 1"),
    ],
)
def test_bad_ply(tmp_path, old, new):
    text = ply("ascii").decode()
    assert old in text
    assert code(tmp_path, "x.ply", text.replace(old, new)) == "mesh.unreadable"


def test_not_finite_and_too_many(tmp_path):
    bad = [(float("nan"), 0, 0), *POINTS[1:]]
    assert (
        code(tmp_path, "x.ply", ply("binary_big_endian", points=bad))
        == "mesh.bad_coordinates"
    )
    for kind in KINDS:
        assert code(tmp_path, "x.ply", ply(kind), max_triangles=5) == "mesh.too_big"
        assert len(opened(tmp_path, "x.ply", ply(kind), max_triangles=6).mesh.faces) == 6


# ---- OFF

ROWS = "".join(f"{x} {y} {z}\n" for x, y, z in POINTS)
FACES = "".join(f"{len(face)} {' '.join(map(str, face))}\n" for face in PYRAMID)


@pytest.mark.parametrize(
    "text",
    [
        f"OFF\n5 5 8\n{ROWS}{FACES}",
        f"OFF 5 5 8\n{ROWS}{FACES}",
        f"OFF5 5 8\n{ROWS}{FACES}",
        f"# first\nOFF # the word\n# more\n5 5 8 # counts\n\n{ROWS}# half\n{FACES}",
        f"OFF\r\n5 5 8\r\n{ROWS}{FACES}".replace("\n", "\r\n"),
        f"COFF\n5 5 8\n{ROWS}{FACES}".replace("0\n", "0 1 0 0 1\n", 4).replace(
            "6\n", "6 1 0 0 1\n", 1
        ),
    ],
    ids=["plain", "one line", "glued", "comments", "crlf", "coloured points"],
)
def test_off_in_every_dress(tmp_path, text):
    facts = measure(opened(tmp_path, "x.off", text).mesh)
    assert facts.watertight and facts.volume == pytest.approx(VOLUME)


def test_off_colours(tmp_path):
    faces = "".join(f"3 {a} {b} {c} 10 20 30\n" for a, b, c in PYRAMID[1:])
    loaded = opened(tmp_path, "x.off", f"OFF\n5 4 0\n{ROWS}{faces}")
    assert loaded.colours.tolist() == [[10, 20, 30]] * 4
    faces = faces.replace("10 20 30", "0.2 0.4 1.0")
    loaded = opened(tmp_path, "x.off", f"OFF\n5 4 0\n{ROWS}{faces}")
    assert loaded.colours.tolist() == [[51, 102, 255]] * 4
    points = ROWS.replace("\n", " 0 0 255 255\n")
    loaded = opened(tmp_path, "x.off", f"COFF\n5 5 0\n{points}{FACES}")
    assert loaded.colours.tolist() == [[0, 0, 255]] * 6


@pytest.mark.parametrize(
    "text",
    [
        "OFF\n",
        "OFF\n5\n",
        "OFF BINARY\n5 5 8\n",
        f"4OFF\n5 5 8\n{ROWS}{FACES}",
        f"OFF\n-5 5 8\n{ROWS}{FACES}",
        f"OFF\n5 1e300 8\n{ROWS}{FACES}",
        f"OFF\n5 nan 8\n{ROWS}{FACES}",
        f"OFF\n5 6 8\n{ROWS}{FACES}",
        f"OFF\n6 5 8\n{ROWS}{FACES}",
        f"OFF\n5 5 8\n{ROWS}{FACES}".replace("4 0 3", "4 0 5"),
    ],
)
def test_bad_off(tmp_path, text):
    assert code(tmp_path, "x.off", text) == "mesh.unreadable"


def test_a_ply_whose_remark_does_not_say_that_it_is_one(tmp_path):
    text = ply("ascii").decode().replace("comment made", "Created")
    assert measure(opened(tmp_path, "x.ply", text).mesh).volume == pytest.approx(VOLUME)


def test_an_off_whose_lines_break_anywhere(tmp_path):
    """The format is of numbers, not of lines; some programs wrap a face over several."""
    numbers = [coordinate for point in POINTS for coordinate in point]
    numbers += [number for face in PYRAMID for number in (len(face), *face)]
    head = f"OFF\n{len(POINTS)} {len(PYRAMID)} 0\n"
    for width in (1, 4, 7, 100):
        rows = [numbers[at : at + width] for at in range(0, len(numbers), width)]
        text = head + "".join(" ".join(map(str, row)) + "\n" for row in rows)
        assert measure(opened(tmp_path, "x.off", text).mesh).volume == pytest.approx(
            VOLUME
        )
        # and what is no such file stays a sentence
        assert code(tmp_path, "x.off", text + "7\n") == "mesh.unreadable"
        assert code(tmp_path, "x.off", text[:-4]) == "mesh.unreadable"

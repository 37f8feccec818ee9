import io
import struct
import zipfile

import pytest

from octoprint_img2stl.mesh.measure import measure
from tests.unit.mesh.formats.reading import SIZE, code, opened, refused
from tests.unit.mesh.shapes import box

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MODEL = "3D/3dmodel.model"
TYPE = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"


def mesh_xml(mesh) -> str:
    points = "".join(f'<vertex x="{x}" y="{y}" z="{z}"/>' for x, y, z in mesh.vertices)
    faces = "".join(f'<triangle v1="{a}" v2="{b}" v3="{c}"/>' for a, b, c in mesh.faces)
    return f"<mesh><vertices>{points}</vertices><triangles>{faces}</triangles></mesh>"


OBJECT = f'<object id="1">{mesh_xml(box(SIZE))}</object>'
ITEM = '<item objectid="1"/>'


def model_xml(
    resources: str = OBJECT, build: str = ITEM, unit: str = "millimeter", before: str = ""
) -> str:
    return (
        f'<?xml version="1.0"?>{before}'
        f'<model unit="{unit}" xmlns="{CORE}" xmlns:p="prod" xmlns:m="material">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    )


def relations(target: str, mode: str = "") -> str:
    return (
        f'<Relationships><Relationship Id="r" Target="{target}" Type="{TYPE}"{mode}/>'
        "</Relationships>"
    )


def package(method: int = zipfile.ZIP_DEFLATED, **parts: str | bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", method) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return data.getvalue()


def plain(*model, **options) -> bytes:
    return package(**{MODEL: model_xml(*model, **options)})


@pytest.mark.parametrize(
    ("unit", "ours", "factor"),
    [("millimeter", "mm", 1), ("inch", "inch", 25.4), ("meter", "m", 1e3)],
)
def test_units_become_millimetres(tmp_path, unit, ours, factor):
    loaded = opened(tmp_path, "x.3mf", plain(unit=unit))
    facts = measure(loaded.mesh)
    assert facts.size == pytest.approx([side * factor for side in SIZE])
    assert facts.watertight and facts.volume == pytest.approx(6000 * factor**3)
    assert (loaded.unit, loaded.up, loaded.parts) == (ours, "z", 1)


def test_components_in_other_files_with_transforms(tmp_path):
    # A quarter turn about z, then 100 to the right; and a mirrored copy.
    resources = (
        '<object id="7"><components>'
        '<component objectid="1" p:path="/model/part.model" '
        'transform="0 1 0 -1 0 0 0 0 1 100 0 0"/>'
        '<component objectid="1" p:path="/model/part.model" '
        'transform="-1 0 0 0 1 0 0 0 1 0 0 0"/></components></object>'
    )
    item = '<item objectid="7" transform="1 0 0 0 1 0 0 0 1 0 0 5"/>'
    data = package(
        **{
            "_rels/.rels": relations("/model/top.model"),
            "model/top.model": model_xml(resources, item),
            "model/part.model": model_xml(OBJECT, ""),
        }
    )
    loaded = opened(tmp_path, "x.3mf", data)
    facts = measure(loaded.mesh)
    assert facts.low == pytest.approx((-10, 0, 5))
    assert facts.high == pytest.approx((100, 20, 35))
    assert facts.bodies == 2 and facts.closed and facts.volume == pytest.approx(12000)
    assert loaded.parts == 2


def test_what_is_not_printed_is_left_out(tmp_path):
    modifier = OBJECT.replace('id="1"', 'id="2" type="other"')
    group = (
        '<object id="3"><components><component objectid="1"/>'
        '<component objectid="2" transform="1 0 0 0 1 0 0 0 1 50 0 0"/></components></object>'
    )
    data = plain(OBJECT + modifier + group, '<item objectid="3"/>')
    assert measure(opened(tmp_path, "x.3mf", data).mesh).size == SIZE


def test_colours(tmp_path):
    palette = (
        '<m:colorgroup id="5"><m:color color="#FF0000"/><m:color color="#00FF00FF"/>'
        '</m:colorgroup><basematerials id="6"><base name="a" displaycolor="#0000FF"/>'
        "</basematerials>"
    )
    whole = OBJECT.replace('id="1"', 'id="1" pid="6" pindex="0"')
    loaded = opened(tmp_path, "x.3mf", plain(palette + whole, ITEM))
    assert loaded.colours.tolist() == [[0, 0, 255]] * 12
    some = whole.replace("<triangle ", '<triangle pid="5" p1="1" ', 2)
    loaded = opened(tmp_path, "x.3mf", plain(palette + some, ITEM))
    assert sorted(loaded.colours.tolist()) == [[0, 0, 255]] * 10 + [[0, 255, 0]] * 2
    one = OBJECT.replace("<triangle ", '<triangle pid="5" p1="9" ', 1)  # there is no 9
    assert opened(tmp_path, "x.3mf", plain(palette + one, ITEM)).colours is None


def nested(levels: int) -> str:
    """Each object is ten times the one before: 10**levels in the end."""
    text = OBJECT
    for level in range(2, levels + 2):
        child = f'<component objectid="{level - 1}"/>'
        text += f'<object id="{level}"><components>{child * 10}</components></object>'
    return text


def changed(old: str, new: str) -> str:
    assert old in OBJECT
    return OBJECT.replace(old, new, 1)


LOOP = '<object id="1"><components><component objectid="1"/></components></object>'
BAD = {
    "loop": (LOOP, ITEM, "mesh.unreadable"),
    "bomb": (nested(9), '<item objectid="10"/>', "mesh.too_big"),
    "empty bomb": (
        nested(9).replace(OBJECT, '<object id="1"/>'),
        '<item objectid="10"/>',
        "mesh.too_big",
    ),
    "missing object": (OBJECT, '<item objectid="9"/>', "mesh.unreadable"),
    "negative vertex": (changed('v1="0"', 'v1="-1"'), ITEM, "mesh.unreadable"),
    "no such vertex": (changed('v1="0"', 'v1="8"'), ITEM, "mesh.unreadable"),
    "endless vertex": (changed('v1="0"', 'v1="4294967296"'), ITEM, "mesh.unreadable"),
    "half a vertex": (changed('v1="0"', 'v1="0.5"'), ITEM, "mesh.unreadable"),
    "no vertex": (changed('v1="0"', ""), ITEM, "mesh.unreadable"),
    "word for a number": (changed('x="0.0"', 'x="zero"'), ITEM, "mesh.unreadable"),
    "nan": (changed('x="0.0"', 'x="nan"'), ITEM, "mesh.bad_coordinates"),
    "inf": (changed('x="0.0"', 'x="1e99"'), ITEM, "mesh.bad_coordinates"),
    "short matrix": (OBJECT, '<item objectid="1" transform="1 0 0"/>', "mesh.unreadable"),
    "matrix not finite": (
        OBJECT,
        '<item objectid="1" transform="1 0 0 0 inf 0 0 0 1 0 0 0"/>',
        "mesh.bad_coordinates",
    ),
    "matrix too large": (
        OBJECT,
        '<item objectid="1" transform="1e308 0 0 0 1e308 0 0 0 1e308 0 0 0"/>',
        "mesh.bad_coordinates",
    ),
    "nothing to build": (OBJECT, "", "mesh.empty"),
    "objects without end": ('<object id="1"/>' * 200_001, ITEM, "mesh.unreadable"),
    "items without end": (OBJECT, ITEM * 200_001, "mesh.unreadable"),
    "a tag without end": (f'<object id="{"x" * 6_000_000}"/>', ITEM, "mesh.unreadable"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_models(tmp_path, case):
    resources, build, wanted = BAD[case]
    data = plain(resources, build)
    assert code(tmp_path, "x.3mf", data, max_triangles=10_000) == wanted


def test_no_model_a_doctype_an_unknown_unit(tmp_path):
    assert code(tmp_path, "x.3mf", package(readme="hello")) == "mesh.unreadable"
    error = refused(tmp_path, "x.zip", package(readme="hello"))
    assert "unpack it first" in str(error)
    declared = plain(before='<!DOCTYPE model [<!ENTITY a "b">]>')
    assert "document type" in str(refused(tmp_path, "x.3mf", declared))
    assert "unit" in str(refused(tmp_path, "x.3mf", plain(unit="parsec")))


def test_what_lies_outside_is_not_fetched(tmp_path):
    for mode in (' TargetMode="External"', ""):
        parts = {
            "_rels/.rels": relations("http://example.com/a.model", mode),
            MODEL: model_xml(),
        }
        error = refused(tmp_path, "x.3mf", package(**parts))
        assert error.code == "mesh.external_file" and "example.com" in str(error)
    component = '<component objectid="1" p:path="http://example.com/a.model"/>'
    resources = f'<object id="1"><components>{component}</components></object>'
    assert code(tmp_path, "x.3mf", plain(resources, ITEM)) == "mesh.external_file"
    missing = resources.replace("http://example.com/", "/3D/")
    assert "3D/a.model" in str(refused(tmp_path, "x.3mf", plain(missing, ITEM)))
    above = {"_rels/.rels": relations("../../../etc/passwd"), MODEL: model_xml()}
    assert code(tmp_path, "x.3mf", package(**above)) == "mesh.unreadable"


def test_zip_bombs(tmp_path, monkeypatch):
    monkeypatch.setattr("octoprint_img2stl.mesh.threemf.MAX_PART_BYTES", 10_000)
    data = plain(OBJECT + " " * 2_000_000, ITEM)
    assert len(data) < 10_000  # packed
    assert "unpacks to more" in str(refused(tmp_path, "x.3mf", data))


def test_a_package_of_endless_files(tmp_path):
    """The table of contents alone would fill the memory; it is not even read."""
    data = plain()
    table = data.rindex(b"PK\5\6")
    longer = data[: table + 12] + struct.pack("<I", 2**31) + data[table + 16 :]
    assert code(tmp_path, "x.3mf", longer) == "mesh.unreadable"
    whole = package(**{f"{k}": b"" for k in range(50_000)})
    assert "too many files" in str(refused(tmp_path, "x.3mf", whole))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_3mf_does_not_know(tmp_path, method):
    data = package(method, **{MODEL: model_xml()})
    assert code(tmp_path, "x.3mf", data) == "mesh.unreadable"


def test_damaged_packages(tmp_path):
    data = plain()
    for cut in range(4, len(data), 97):
        assert code(tmp_path, "x.3mf", data[:cut]) == "mesh.unreadable"
    middle = len(data) // 3
    damaged = data[:middle] + bytes(40) + data[middle + 40 :]
    assert code(tmp_path, "x.3mf", damaged) == "mesh.unreadable"

import shutil

import pytest

from octoprint_img2stl.mesh.formats import scad
from octoprint_img2stl.mesh.measure import measure
from octoprint_img2stl.mesh.refused import MeshRefused
from tests.unit.mesh.formats.reading import code, opened, refused

rendering = pytest.mark.skipif(not shutil.which("openscad"), reason="needs OpenSCAD")
PLATE = """// use <other.scad>
/* include <other.scad>; import("a.stl") */
name = "import(\\"a.stl\\"); use <b>"; // file = "c"
module plate(size = [10, 20, 3]) { difference() { cube(size); translate([2, 2, -1]) cube(5); } }
plate();
echo(name);
"""

OTHER_FILES = [
    "include <MCAD/gears.scad>\ncube(1);",
    "use <gears.scad>\ncube(1);",
    "use<gears.scad>",
    "cube(1); include\n<a.scad>",
    'import("part.stl");',
    "import (\n'x');",
    'import_stl("part.stl");',
    'surface("height.png");',
    'surface(file = "height.dat", center = true);',
    'linear_extrude(height = 5, file = "a.dxf") circle(1);',
    'x = dxf_dim(name = "a");',
    'y = dxf_cross("a.dxf");',
    'linear_extrude(filename="a.dxf") circle(1);',
    "/* a */ use /* b */ <c.scad>",
    'echo("/*"); use <a.scad> // */',
    'echo("a\\"b"); import("c"); echo("d");',
    "// a \\\nuse <b>",
]


@pytest.mark.parametrize("program", OTHER_FILES)
def test_what_needs_other_files_is_not_run(tmp_path, monkeypatch, program):
    monkeypatch.setattr(scad.process, "run", None)
    error = refused(tmp_path, "x.scad", program)
    assert error.code == "mesh.scad_other_files" and "export it as STL" in str(error)


@pytest.mark.parametrize("program", [PLATE, "important(); user <= 3; profile = 4;"])
def test_words_in_comments_strings_and_names_are_no_statements(program):
    scad.require_alone(program.encode(), "x.scad")


def test_what_is_no_program(tmp_path):
    assert code(tmp_path, "x.scad", b"cube\0(1);") == "mesh.unreadable"
    assert code(tmp_path, "x.scad", b"\xff\xfe\x80") == "mesh.unreadable"
    assert code(tmp_path, "x.scad", b"//" + b"x" * 2**20) == "mesh.unreadable"


def test_without_openscad_the_command_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    error = refused(tmp_path, "x.scad", PLATE)
    assert error.code == "mesh.scad_not_installed"
    assert "sudo apt-get install" in str(error)


@rendering
@pytest.mark.parametrize("walled", [True, False])
def test_a_program_becomes_a_mesh(tmp_path, monkeypatch, walled):
    if not walled:
        monkeypatch.setattr(scad, "walled", lambda folder: [])
    loaded = opened(tmp_path, "x.scad", PLATE)
    facts = measure(loaded.mesh)
    assert (
        loaded.format == "scad"
        and (loaded.unit, loaded.up) == (None, "z")
        and loaded.notes == ()
    )
    assert facts.size == (10, 20, 3) and facts.watertight
    assert facts.volume == pytest.approx(10 * 20 * 3 - 5 * 5 * 3)


@rendering
@pytest.mark.parametrize("walled", [True, False])
def test_what_went_wrong_is_said(tmp_path, monkeypatch, walled):
    if not walled:
        monkeypatch.setattr(scad, "walled", lambda folder: [])
    for program in (
        "cube(",
        'assert(false, "too thin"); cube(1);',
        "x = 1;",
        "square(3);",
    ):
        error = refused(tmp_path, "x.scad", program)
        assert error.code == "mesh.scad_failed"
    assert "rror" in str(refused(tmp_path, "x.scad", "cube("))


@rendering
@pytest.mark.skipif(not shutil.which("bwrap"), reason="needs bubblewrap")
def test_behind_the_wall_there_are_no_other_files(tmp_path, monkeypatch):
    """Even if a statement slipped through the first look."""
    secret = tmp_path / "secret.stl"
    from tests.unit.mesh.shapes import box_corners, stl_bytes

    secret.write_bytes(stl_bytes(box_corners()))
    monkeypatch.setattr(scad, "require_alone", lambda program, name: None)
    if not scad.walled(tmp_path):
        pytest.skip("the kernel does not let bubblewrap work")
    program = f'import("{secret}");'
    assert code(tmp_path, "x.scad", program) == "mesh.scad_failed"
    monkeypatch.setattr(scad, "walled", lambda folder: [])
    assert opened(tmp_path, "x.scad", program)  # it would have worked


@rendering
def test_endless_programs_end(tmp_path, monkeypatch):
    monkeypatch.setattr(scad, "TIME_S", 1.5)
    program = (
        "for (i = [0:300]) for (j = [0:300]) translate([i, j, 0]) sphere(1, $fn=90);"
    )
    error = refused(tmp_path, "x.scad", program)
    assert error.code == "mesh.scad_limit"


def test_nothing_is_left_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(scad.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scad.shutil, "which", lambda name: "/bin/false")
    with pytest.raises(MeshRefused):
        with scad.rendered(PLATE.encode(), "x.scad"):
            pass
    assert list(tmp_path.iterdir()) == []

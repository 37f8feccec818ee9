from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.vendor.index import KEPT, Vendors, places
from octoprint_img2stl.slicing.vendor.search import PrinterModel, found

from .conftest import MAKER


def test_makers_and_models(vendors):
    assert vendors.vendors() == [("Maker", "Mäker & Söhne")]
    assert vendors.models("Maker") == [
        PrinterModel("Maker", "Mäker & Söhne", "ONE", "Maker One & One+", ("0.4", "0.6")),
        PrinterModel("Maker", "Mäker & Söhne", "TWO", "Maker Two", ("0.4",)),
    ]
    assert not vendors.problems


def test_printers_of_a_model_by_nozzle(vendors):
    offers = vendors.printers("Maker", "ONE")
    assert [(each.id, each.variant, each.nozzle) for each in offers] == [
        ("Maker One", "0.4", 0.4),
        ("Maker One 0.6", "0.6", 0.6),
    ]


@pytest.mark.parametrize(
    ("printer", "expected"),
    [
        # the default one first, then by height
        (
            "Maker One",
            [("0.20mm NORMAL", 0.2), ("0.12mm FINE", 0.12), ("0.28mm DRAFT", 0.28)],
        ),
        # its default is not there: the nearest to the height in its name
        ("Maker One 0.6", [("0.30mm NORMAL", 0.3), ("0.40mm DRAFT", 0.4)]),
    ],
)
def test_qualities(vendors, printer, expected):
    offers = vendors.prints("Maker", printer)
    assert [(each.name, each.layer_height) for each in offers] == expected
    assert [each.default for each in offers] == [True] + [False] * (len(offers) - 1)
    assert all("@MAKER" in each.id for each in offers)


def test_filaments_the_default_one_then_the_proposed_then_by_name(vendors):
    offers = vendors.filaments("Maker", "Maker One", "0.20mm NORMAL @MAKER")
    assert [
        (each.name, each.material, each.default, each.proposed) for each in offers
    ] == [
        ("Good PLA", "PLA", True, True),
        ("Plain PETG", "PETG", False, True),
        ("Any TPU", "FLEX", False, False),
        ("Other PLA", "PLA", False, False),
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('"0.12mm FINE @M"', "0.12mm FINE @M"),
        ("0.12mm FINE", "0.12mm FINE @M"),  # as it was called before
        ("0.15mm GONE", "0.12mm FINE @M"),
        ("0.27 mm GONE", "0.28mm DRAFT @M"),
        ("0,27 mm GONE", "0.28mm DRAFT @M"),
        ("0.3mm OTHER", "0.28mm DRAFT @M"),  # does not go with it, but says a height
        ("nothing", "0.20mm @M"),  # half a nozzle
        ("", "0.20mm @M"),
    ],
)
def test_the_default_quality_or_the_nearest(tmp_path, said, expected):
    printer = f"nozzle_diameter = 0.4\ndefault_print_profile = {said}"
    text = f"""
[printer_model:M]
variants = 0.4
[printer:P]
printer_model = M
printer_variant = 0.4
{printer}
[print:0.12mm FINE @M]
layer_height = 0.12
renamed_from = "0.12mm FINE"
[print:0.28mm DRAFT @M]
layer_height = 0.28
[print:0.20mm @M]
layer_height = 0.2
[print:0.3mm OTHER]
layer_height = 0.3
compatible_printers = Q
[print:odd]
layer_height = high
"""
    (tmp_path / "M.ini").write_text(text)
    offers = Vendors.read([tmp_path]).prints("M", "P")
    assert offers[0].id == expected and offers[0].default
    assert len(offers) == 4


def test_names_that_would_be_the_same_stay_whole(tmp_path):
    text = """
[printer_model:M]
name = Same
variants = 0.4
[printer_model:N]
name = Same
variants = 0.4
[printer:P]
printer_model = M
printer_variant = 0.4
[print:A @ONE]
[print:A @TWO]
[print:B @ONE]
[print:@ONE]
"""
    (tmp_path / "M.ini").write_text(text)
    vendors = Vendors.read([tmp_path])
    assert [each.name for each in vendors.prints("M", "P")][1:] == [
        "A @ONE",
        "A @TWO",
        "B",
    ]
    assert [model.name for model in vendors.models("M")] == ["Same (M)", "Same (N)"]


def test_defaults_are_taken_for_what_is_left_out(vendors):
    flat = vendors.flat("Maker", "Maker One")
    assert (flat.print_, flat.filament) == ("0.20mm NORMAL @MAKER", "Good PLA @MAKER")
    assert flat.values["first_layer_height"] == "0.3"
    assert flat.values["gap_fill_enabled"] == "0"
    other = vendors.flat("Maker", "Maker One 0.6", "0.40mm DRAFT @MAKER 0.6", "Any TPU")
    assert other.values["layer_height"] == "0.40"
    assert other.values["retract_length"] == "4" and other.nozzle == 0.6


def test_a_preset_of_any_maker_for_who_inherits_from_it(vendors):
    assert vendors.system("print", "0.12mm FINE @MAKER")["layer_height"] == "0.12"
    assert vendors.system("print", "gone") is None
    assert vendors.system("filament", "0.12mm FINE @MAKER") is None
    assert vendors.system("print", "*common*") is None


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda v: v.printers("Gone", "ONE"), "slicing.unknown_preset"),
        (lambda v: v.printers("../../etc/passwd", "ONE"), "slicing.unknown_preset"),
        (lambda v: v.printers("Maker", "RESIN"), "slicing.unknown_preset"),
        (lambda v: v.prints("Maker", "Gone"), "slicing.unknown_preset"),
        (lambda v: v.filaments("Maker", "Maker One", "Gone"), "slicing.unknown_preset"),
        (lambda v: v.flat("Maker", "*common*"), "slicing.unknown_preset"),
        (lambda v: v.flat("Maker", "Maker One", "", "Gone"), "slicing.unknown_preset"),
    ],
)
def test_what_is_not_there(vendors, ask, code):
    with pytest.raises(SlicingRefused) as caught:
        ask(vendors)
    assert caught.value.code == code


def test_a_printer_with_which_nothing_goes(tmp_path):
    text = "[printer_model:M]\nvariants = 1\n[printer:P]\nprinter_model = M\n"
    (tmp_path / "M.ini").write_text(text)
    with pytest.raises(SlicingRefused) as caught:
        Vendors.read([tmp_path]).flat("M", "P")
    assert caught.value.code == "slicing.preset_alone"


def test_broken_files_are_named_and_the_others_still_there(tmp_path):
    (tmp_path / "Bad.ini").write_text("[vendor]\nname = x\n[vendor]\n")
    (tmp_path / "Empty.ini").write_text("")
    (tmp_path / "Binary.ini").write_bytes(b"\xff\xfe\0")
    (tmp_path / "Huge.ini").write_bytes(b"[vendor]\nname = " + b"x" * 10_000_000)
    (tmp_path / "Folder.ini").mkdir()
    (tmp_path / "Maker.ini").write_text(MAKER, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("[")
    vendors = Vendors.read([tmp_path, tmp_path / "gone"])
    assert [vendor for vendor, _ in vendors.vendors()] == ["Maker"]
    named = sorted(problem.values["file"] for problem in vendors.problems)
    assert named == ["Bad.ini", "Binary.ini", "Huge.ini"]
    assert {problem.severity for problem in vendors.problems} == {"warning"}


def test_a_bundle_full_of_traps_is_listed_all_the_same(tmp_path):
    """As in PrusaSlicer, what cannot be evaluated (here: in time) is no obstacle."""
    traps = [f"printer_notes=~/((a|b)*)*{number}(a|aa)+/" for number in range(500)]
    traps += ["(" * 3000, "nosuch==1", "printer_notes=~/[/", "x" * 100_000]
    prints = "".join(
        f"[print:{number}]\ncompatible_printers_condition = {trap}\n"
        for number, trap in enumerate(traps)
    )
    text = f"""
[printer_model:M]
variants = 1
[printer:P]
printer_model = M
printer_variant = 1
printer_notes = {"a" * 900}
{prints}[print:loop]
inherits = loop
[filament:F]
inherits = "F"; nowhere
[filament:G]
"""
    (tmp_path / "M.ini").write_text(text)
    vendors = Vendors.read([tmp_path])
    listed = {offer.id for offer in vendors.prints("M", "P")}
    assert {str(number) for number in range(500, 504)} <= listed
    assert 0 < len(listed) < len(traps)  # some were looked at, and do not match
    flat = vendors.flat("M", "P")
    assert flat.filament == "G"


def test_of_a_maker_in_two_folders_the_first_counts(tmp_path):
    for name, shown in (("a", "First"), ("b", "Second")):
        (tmp_path / name).mkdir()
        text = f"[vendor]\nname = {shown}\n[printer_model:M]\nvariants = 1\n"
        (tmp_path / name / "M.ini").write_text(text)
    assert Vendors.read([tmp_path / "a", tmp_path / "b"]).vendors() == [("M", "First")]


def test_few_bundles_stay_in_memory(tmp_path):
    for number in range(KEPT + 2):
        (tmp_path / f"M{number}.ini").write_text(MAKER, encoding="utf-8")
    vendors = Vendors.read([tmp_path])
    first = vendors.bundle("M0")
    assert vendors.bundle("M0") is first
    for number in range(KEPT + 2):
        vendors.bundle(f"M{number}")
    assert vendors.bundle("M0") is not first


def test_a_bundle_that_went_away_is_refused(tmp_path):
    (tmp_path / "Maker.ini").write_text(MAKER, encoding="utf-8")
    vendors = Vendors.read([tmp_path])
    (tmp_path / "Maker.ini").unlink()
    with pytest.raises(SlicingRefused) as caught:
        vendors.prints("Maker", "Maker One")
    assert caught.value.code == "slicing.bad_bundle"


@pytest.mark.parametrize("beside", ["share/PrusaSlicer", "resources"])
def test_bundles_beside_the_program(tmp_path, beside):
    folder = tmp_path / beside / "profiles"
    folder.mkdir(parents=True)
    (folder / "Maker.ini").write_text(MAKER, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "prusa-slicer"
    program.write_text("")
    assert places(str(program))[0] == folder
    link = tmp_path / "elsewhere"
    link.symlink_to(program)
    assert places(str(link))[0] == folder
    assert folder not in places(None)


MODELS = [
    PrinterModel(vendor, vendor, id, name, nozzles)
    for vendor, id, name, nozzles in [
        ("Creality", "ENDER3MAXNEO", "Creality Ender-3 Max Neo", ("0.4",)),
        ("Creality", "ENDER3", "Creality Ender-3", ("0.4", "0.6")),
        ("Creality", "ENDER5", "Creality Ender-5", ("0.4",)),
        ("PrusaResearch", "MK3S", "Original Prusa i3 MK3S & MK3S+", ("0.4", "0.6")),
        ("PrusaResearch", "MK2.5", "Original Prusa i3 MK2.5", ("0.4",)),
        ("Voron", "v2_250", "Voron v2 250mm3", ("0.4", "volcano 0.6", "0.6")),
        ("Voron", "v2_350", "Voron 2.4 350", ("0.4",)),
        ("Tri", "DQ", "DeltiQ Précision", ("0.4",)),
    ]
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ender 3", ["ENDER3", "ENDER3MAXNEO"]),
        ("Ender-3", ["ENDER3", "ENDER3MAXNEO"]),
        ("creality ender3", ["ENDER3", "ENDER3MAXNEO"]),
        ("3 ENDER neo", ["ENDER3MAXNEO"]),
        ("mk3s", ["MK3S"]),
        ("prusa mk 3 s", ["MK3S"]),
        ("mk2.5", ["MK2.5"]),
        ("voron 2.4", ["v2_350"]),
        ("precision", ["DQ"]),
        ("PRÉCI", ["DQ"]),
        ("vor", ["v2_350", "v2_250"]),
        ("ender 7", []),
        ("\x00'; drop", []),
        ("x" * 10_000, []),
        ("", [model.model for model in MODELS]),
        ("- - -", [model.model for model in MODELS]),
    ],
)
def test_search(text, expected):
    assert [model.model for model in found(text, MODELS, 20)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mk3s 0.6", [("MK3S", "0.6")]),
        ("0,6mm ender", [("ENDER3", "0.6")]),
        ("voron 0.6 mm", [("v2_250", "0.6")]),
        ("0.6", [("ENDER3", "0.6"), ("MK3S", "0.6"), ("v2_250", "0.6")]),
    ],
)
def test_search_with_a_nozzle(text, expected):
    assert [(each.model, each.nozzle) for each in found(text, MODELS, 20)] == expected


def test_search_has_an_end(vendors):
    assert len(found("", MODELS, 3)) == 3
    assert [model.model for model in vendors.search("SOHNE two")] == ["TWO"]


def test_a_folder_given_as_text(tmp_path):
    (tmp_path / "Maker.ini").write_text(MAKER, encoding="utf-8")
    assert Vendors.read([str(tmp_path)]).models("Maker")

from __future__ import annotations

import pytest

from octoprint_img2stl.slicing.refused import SlicingRefused
from octoprint_img2stl.slicing.vendor.ini import (
    LINE_LIMIT,
    SECTIONS_LIMIT,
    SIZE_LIMIT,
    parse_sections,
    read_sections,
    unescaped,
    words,
)


def test_sections_with_their_lines_keys_and_values():
    text = (
        "; a\n[ print:A = b ]\n# c\n  key=  a = b ; # c  \nother =\n\n[vendor]\nname = N"
    )
    found = parse_sections(text)
    assert list(found) == ["print:A = b", "vendor"]
    assert found["print:A = b"] == (2, {"key": "a = b ; # c", "other": ""})
    assert found["vendor"] == (7, {"name": "N"})


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_any_line_end(tmp_path, end):
    path = tmp_path / "a.ini"
    path.write_bytes(("\ufeff[a]" + end + "b = c" + end).encode())
    assert read_sections(path)["a"].values == {"b": "c"}


def test_only_wanted_sections_are_kept_and_the_others_only_skipped():
    text = "[a]\nno equals sign\n[b]\nx = 1\n"
    assert list(parse_sections(text, wanted=lambda name: name == "b")) == ["b"]


def test_a_key_that_is_none_is_left_out():
    assert parse_sections("[a]\nA b = 1\n= 2\nx = 3\n")["a"].values == {"x": "3"}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[a]\nx = 1\n[a]\n", "3"),
        ("[a]\nx = 1\nx = 2\n", "3"),
        ("[a]\nG28\n", "2"),
        ("[a\n", "1"),
        ("[]\n", "1"),
        (f"[{'a' * 400}]\n", "1"),
        ("[a]\nx = " + "1" * (LINE_LIMIT + 1), "2"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text, line):
    with pytest.raises(SlicingRefused) as caught:
        parse_sections(text, "x.ini")
    assert caught.value.code == "slicing.bad_bundle"
    assert caught.value.problem.values["line"] == line
    assert "x.ini" in str(caught.value)


def test_too_many_sections_are_refused():
    text = "".join(f"[{number}]\n" for number in range(SECTIONS_LIMIT + 1))
    with pytest.raises(SlicingRefused, match="too large"):
        parse_sections(text, "x.ini")


@pytest.mark.parametrize(
    "content",
    [b"[a]\nx = " + b"1" * SIZE_LIMIT, b"\xff\xfe[a]\n", b"[a]\nb = \0", None],
    ids=["too long", "no text", "binary", "not there"],
)
def test_files_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "x.ini"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SlicingRefused) as caught:
        read_sections(path)
    assert caught.value.code == "slicing.bad_bundle"
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("a", ("a",)),
        ("*a*; b c ;d", ("*a*", "b c", "d")),
        ('"a; b"; c', ("a; b", "c")),
        (r'"a\"b\nc"', ('a"b\nc',)),
        ("a;", ("a",)),
        (" ; ;", ()),
        ('"open', ()),
        ('a; "open', ("a",)),
        ('""', ()),
        ('"a" b; c', ("a",)),
        ('"a" ; "b"', ("a", "b")),
    ],
)
def test_lists_of_strings(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [(r"a\nb", "a\nb"), (r"a\\nb", r"a\nb"), (r"\.", "."), ("a\\", "a"), (r"\"", '"')],
)
def test_escapes(text, expected):
    assert unescaped(text) == expected

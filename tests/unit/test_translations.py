"""The catalogues: up to date with the sources, complete, and the ones that ship the same."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from tests.unit.sources import FOLDER, ROOT

WORKING = ROOT / "translations"
SHIPPED = FOLDER / "translations"
LANGUAGES = ("de",)
PLACE = re.compile(r"%(?:\(\w+\))?[a-z%]|\{\w*\}|<[^>]+>")


def catalog(path) -> Catalog:
    with open(path, "rb") as file:
        return read_po(file)


def as_tuple(text: str | list | tuple) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (list, tuple)) else (text,)


def messages(catalog: Catalog) -> dict[tuple, Message]:
    """Without the header, by what identifies them."""
    return {
        (message.context, as_tuple(message.id)): message
        for message in catalog
        if message.id
    }


def working(language: str) -> Catalog:
    return catalog(WORKING / language / "LC_MESSAGES" / "messages.po")


@pytest.fixture(scope="module")
def template() -> dict[tuple, Message]:
    return messages(catalog(WORKING / "messages.pot"))


def test_template_has_every_sentence_of_the_sources(template, tmp_path):
    fresh = tmp_path / "messages.pot"
    subprocess.run(
        [sys.executable, "-m", "babel.messages.frontend", "--quiet", "extract"]
        + ["--mapping-file", "babel.cfg", "--output-file", str(fresh), "."],
        cwd=ROOT,
        check=True,
    )
    found = set(messages(catalog(fresh)))
    assert found, "the extraction finds nothing"
    assert found - set(template) == set(), "run extras/translations"
    assert set(template) - found == set(), "run extras/translations"


def test_template_covers_python_templates_and_scripts(template):
    endings = {
        place.rpartition(".")[2]
        for message in template.values()
        for place, _ in message.locations
    }
    assert endings == {"py", "jinja2", "js"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_complete(language, template):
    translated = messages(working(language))
    assert set(translated) == set(template)
    for message in translated.values():
        assert all(as_tuple(message.string)), f"not translated: {message.id}"
        assert not message.fuzzy, f"only guessed: {message.id}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_same_places(language):
    for message in messages(working(language)).values():
        wanted = {place for text in as_tuple(message.id) for place in PLACE.findall(text)}
        for text in as_tuple(message.string):
            places = set(PLACE.findall(text))
            # A singular may do without its number.
            missing = set() if message.pluralizable else wanted - places
            assert places <= wanted and not missing, f"{message.id!r}: {text!r}"
            names = dict.fromkeys(re.findall(r"%\((\w+)\)", text), 1)
            if names:
                text % names  # raises at a stray percent sign


@pytest.mark.parametrize("language", LANGUAGES)
def test_shipped_catalogues_are_the_working_ones(language):
    folder = SHIPPED / language / "LC_MESSAGES"
    source = WORKING / language / "LC_MESSAGES" / "messages.po"
    assert (folder / "messages.po").read_bytes() == source.read_bytes()
    with open(folder / "messages.mo", "rb") as file:
        compiled = messages(read_mo(file))
    expected = messages(working(language))
    assert {key: as_tuple(each.string) for key, each in compiled.items()} == {
        key: as_tuple(each.string) for key, each in expected.items()
    }


def test_every_language_of_the_working_copies_is_tested():
    found = {path.name for path in WORKING.iterdir() if path.is_dir()}
    assert (
        found
        == set(LANGUAGES)
        == {path.name for path in SHIPPED.iterdir() if path.is_dir()}
    )

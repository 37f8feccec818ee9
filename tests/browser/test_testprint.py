"""A test print of a 3D model, then the whole; supports where they are needed."""

import re

import pytest
from playwright.sync_api import expect

from .test_mesh import LONG_MS, box, given, stl


def table_with_teeth():
    """A top of 70 x 50 mm on a stem, with teeth on one corner of it."""
    teeth = [box((1, 6, 2), (20 + 2 * k, 15, 24)) for k in range(6)]
    return stl(box((20, 20, 20.5), (0, 0, 10.25)), box((70, 50, 4), (0, 0, 22)), *teeth)


def extent(tab):
    """Width and depth of the G-code of the open job, mm, with its skirt."""
    low_x, low_y, _, high_x, high_y, _ = tab.page.evaluate(
        "ko.dataFor(document.querySelector('#tab_plugin_img2stl .img2stl'))"
        ".job().result.bounds"
    )
    return high_x - low_x, high_y - low_y


def made(tab):
    expect(tab["img2stl-result"]).to_be_visible(timeout=LONG_MS)
    tab["img2stl-step-slice"].click()
    expect(tab["img2stl-layer"]).to_be_visible(timeout=30_000)


@pytest.mark.parametrize("width, height", [(1280, 900), (360, 740)])
def test_a_sample_and_then_the_whole(tab, width, height):
    tab = tab(width, height, f"testprint-{width}", has_touch=width < 500).open()
    given(tab, table_with_teeth(), "table.stl")
    tab.unfold("ready-slicing")
    supports, infill = tab["img2stl-supports"], tab["img2stl-infill"]
    expect(supports).to_contain_text(
        re.compile(r"From the bed \(about [\d.]+ cm³, \d+ g\)")
    )
    expect(infill).to_contain_text("Strong (40 %)")
    tab.picture("1-advice")
    tab["img2stl-advice-supports"].click()
    expect(supports).to_have_value("plate")
    expect(tab["img2stl-advice-supports"]).to_have_count(0)
    infill.select_option("40")
    tab["img2stl-advice-walls"].click()
    expect(tab["img2stl-walls"]).to_have_value("4")

    tab["img2stl-quality"].select_option("draft")
    tab["img2stl-test-print"].select_option("scaled")
    expect(tab["img2stl-scale-percent"]).to_have_value("50")
    tab["img2stl-test-print"].select_option("sample")
    expect(tab["img2stl-test-print-help"]).to_contain_text("most details")
    summary = tab["img2stl-fold-ready-slicing"].locator("summary")
    expect(summary).to_contain_text("Strong (40 %) · A 20 mm sample")
    tab.no_sideways_scrolling()
    tab.picture("2-chosen")
    tab["img2stl-make"].click()
    made(tab)
    expect(tab["img2stl-test-piece"]).to_contain_text("Test print: 20 × 20 × ")
    wide, deep = extent(tab)
    assert 20 < wide < 34 and 20 < deep < 34
    # the whole model is what is told of otherwise
    expect(tab["img2stl-fact-size"]).to_contain_text("70 × 50 × 25 mm")
    tab.no_sideways_scrolling()
    tab.picture("3-sample")

    # its first layers alone, which do not count for the whole any more
    tab["img2stl-layer-cut"].click()
    expect(tab["img2stl-layer-is-cut"]).to_contain_text("Only the first layer")
    tab["img2stl-layer-apply"].click()
    expect(tab["img2stl-fact-layers"]).to_have_text("1", timeout=LONG_MS)
    expect(tab["img2stl-test-piece"]).to_contain_text("ends after the first layer")
    expect(tab["img2stl-layer-uncut"]).to_be_visible()

    tab["img2stl-add-queue"].click()
    expect(tab["img2stl-queue"]).to_contain_text("table (test print)")
    tab["img2stl-step-slice"].click()
    tab["img2stl-print-whole"].click()
    expect(tab["img2stl-test-piece"]).to_have_count(0)
    expect(tab["img2stl-layer"]).to_be_visible(timeout=LONG_MS)
    wide, deep = extent(tab)
    assert wide > 70 and deep > 50
    expect(tab["img2stl-fact-layers"]).not_to_have_text("1")
    tab.picture("4-whole")
    tab["img2stl-change"].click()
    expect(tab["img2stl-test-print"]).to_have_value("none")
    assert not tab.errors

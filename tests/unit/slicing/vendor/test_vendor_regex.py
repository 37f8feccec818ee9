from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octoprint_img2stl.slicing.vendor.regex import (
    WORK_LIMIT,
    RegexError,
    matches,
    work,
)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        (".*WORD.*", "some\nWORD\nmore", True),  # . is a line break too
        (".*WORD.*", "some", False),
        ("WORD.*", "WORDS", True),
        ("WORD.*", "a WORD", False),  # the whole text has to match
        (".*WORD", "a WORD", True),
        ("WORD", "WORD", True),
        ("WORD", "WORDS", False),
        ("(ENDER|CR|SERMOON).*", "CR10V2", True),
        ("(ENDER|CR|SERMOON).*", "XCR", False),
        (".*AK(|LP).*", "AK", True),
        (".*MK2[^.].*", "MK2S", True),
        (".*MK2[^.].*", "MK2.5", False),
        (".*MK2[^.].*", "MK2", False),
        (".*MK(2.5|3).*", "MK2x5", True),
        (".*M(2|2_DUAL|3_SE(A|B)?).*", "M3_SEB", True),
        ("a{2,3}", "aa", True),
        ("a{2,3}", "aaaa", False),
        ("a{2,}", "aaaa", True),
        ("(ab){2}", "abab", True),
        (r"\d+\.\d", "10.5", True),
        (r"[\w.]+?", "a.b_1", True),
        (r"\D\S\W", "ab ", True),
        ("^a$", "a", True),
        ("[]a]+", "]a]", True),
        ("[a-]", "-", True),
        ("(?:a|b)c", "bc", True),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_what_matches(pattern, text, expected):
    assert matches(pattern, text) is expected


@pytest.mark.parametrize(
    "pattern",
    [
        *("(", ")", "a)", "[a", "*a", "a**", "a{2", "a{3,2}", "{2}", "[b-a]", "\\"),
        *(r"(a)\1", "(?=a)a", "(?<n>a)", r"\bword", "[[:alpha:]]"),
        *("a{999}", "." * 501, "(" * 40 + "a" + ")" * 40, "((a{0,99}){0,99}){0,99}"),
    ],
)
def test_what_is_broken_or_too_much_is_refused(pattern):
    with pytest.raises(RegexError):
        matches(pattern, "aaa")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a*)*b",
        "(a|a)*b",
        "(a|aa)+$b",
        "(.*)*(.*)*(.*)*b",
        "(((a*)*)*)*b",
        "(a?){50}a{50}b",
    ],
)
def test_no_pattern_takes_for_ever(pattern):
    """`re` would need longer than the universe lasts."""
    assert matches(pattern, "a" * 500) is False


def test_the_work_is_limited():
    assert work(".*a.*", "a" * 1000) == 0
    assert work("a[b]", "a" * 1000) == 2000
    with pytest.raises(RegexError):
        matches("(a|b){100}", "a" * WORK_LIMIT)


@settings(max_examples=500, deadline=None)
@given(
    st.text("ab.*+?|()[^]-{}1,2\\dw$", max_size=10),
    st.text("ab1 \n-.", max_size=8),
)
def test_it_agrees_with_re(pattern, text):
    """Wherever both know a pattern; the flags are Boost's way of taking it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = re.compile(pattern, re.DOTALL | re.ASCII | re.MULTILINE)
        except re.error:
            return
    try:
        ours = matches(pattern, text)
    except RegexError:
        return
    assert ours == bool(theirs.fullmatch(text))

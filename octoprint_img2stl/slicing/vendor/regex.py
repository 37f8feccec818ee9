"""Matching the regular expressions of conditions, in time that a bundle cannot blow up.

PrusaSlicer matches them by Boost in its Perl syntax: the *whole* text has to match, and
``.`` stands for line breaks too. Both Boost and Python's `re` backtrack, so that a pattern
like ``(a*)*b`` takes for ever; a bundle may come from anybody. Here all ways through the
pattern are followed at once (Thompson, "Regular Expression Search Algorithm", 1968): at
most one step for every pair of a character and a piece of the pattern.

Known: characters, ``.``, ``[…]``, ``(…)``, ``|``, ``* + ? {m,n}`` (also lazy, which is the
same where all has to match), ``^``, ``$``, and ``\\d \\w \\s`` with their opposites.
What only a backtracking matcher can do (back references, looking ahead) is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

PATTERN_LIMIT = 500  # characters; the longest of PrusaSlicer 2.9's bundles has 80
PROGRAM_LIMIT = 2_000  # pieces, after {m,n} was written out
WORK_LIMIT = 200_000  # characters times pieces, of one match
DEPTH_LIMIT = 30  # of parentheses
REPEAT_LIMIT = 200

Test = Callable[[str], bool]
# A piece of a program: (test, None, None) eats a character; (None, …) goes on to one or two
# other pieces without eating; a string instead of a test is ^ or $.
Piece = tuple["Test | str | None", "int | None", "int | None"]

# .*word.* and the like, nine of ten patterns there are, need no program
_PLAIN = re.compile(r"(\.\*)?([^\\\[\](){}*+?|^$.]*)(\.\*)?")
_REPEAT = re.compile(r"\{(\d{1,3})(,(\d{0,3}))?\}")
_SETS: dict[str, Test] = {
    "d": lambda char: "0" <= char <= "9",
    "w": lambda char: char.isalnum() or char == "_",
    "s": str.isspace,
}
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}


class RegexError(ValueError):
    """A pattern that is broken, too large, or of a kind not known here."""


def work(pattern: str, text: str) -> int:
    """At most how many steps `matches` takes; 0 where it does not take it step by step.

    Raises:
        RegexError: the pattern cannot be used.
    """
    if _PLAIN.fullmatch(pattern):
        return 0
    return len(text) * len(_compiled(pattern))


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` matches `pattern`.

    Raises:
        RegexError: the pattern cannot be used, or the work would be too much.
    """
    plain = _PLAIN.fullmatch(pattern)
    if plain:
        before, word, after = plain.groups()
        if before and after:
            return word in text
        if before:
            return text.endswith(word)
        return text.startswith(word) if after else text == word
    return _run(_compiled(pattern), text)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> tuple[Piece, ...]:
    if len(pattern) > PATTERN_LIMIT:
        raise RegexError("the pattern is too long")
    return _Compiler(pattern).program()


def _run(program: tuple[Piece, ...], text: str) -> bool:
    if len(text) * len(program) > WORK_LIMIT:
        raise RegexError("the text is too long for the pattern")
    now = _reached(program, [0], text, 0)
    for position, char in enumerate(text, 1):
        if not now:
            return False
        after = [
            place + 1 for place in now if place < len(program) and program[place][0](char)
        ]
        now = _reached(program, after, text, position)
    return len(program) in now


def _reached(
    program: tuple[Piece, ...], places: list[int], text: str, position: int
) -> list[int]:
    """The pieces that eat (and the end), from `places` without eating anything."""
    seen: set[int] = set()
    found = []
    left = list(places)
    while left:
        place = left.pop()
        if place in seen:
            continue
        seen.add(place)
        test, first, second = program[place] if place < len(program) else ("", None, None)
        if test == "^":
            if position == 0 or text[position - 1] == "\n":
                left.append(place + 1)
        elif test == "$":
            if position == len(text) or text[position] == "\n":
                left.append(place + 1)
        elif test is None:
            left += [each for each in (first, second) if each is not None]
        else:
            found.append(place)
    return found


class _Compiler:
    """Recursive descent over a pattern, writing pieces whose jumps are relative to 0."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0

    def program(self) -> tuple[Piece, ...]:
        made = self._either(0)
        if self.at < len(self.pattern):
            raise RegexError("a ) too many")
        return tuple(made)

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise RegexError("the pattern ends too early")
        self.at += 1
        return char

    def _either(self, depth: int) -> list[Piece]:
        if depth > DEPTH_LIMIT:
            raise RegexError("too many parentheses in each other")
        made = self._sequence(depth)
        while self._peek() == "|":
            self.at += 1
            other = self._sequence(depth)
            over = len(made) + 2
            made = [
                (None, 1, over),
                *_moved(made, 1),
                (None, over + len(other), None),
                *_moved(other, over),
            ]
            _bounded(made)
        return made

    def _sequence(self, depth: int) -> list[Piece]:
        made: list[Piece] = []
        while self._peek() not in ("", "|", ")"):
            made += _moved(self._repeated(self._atom(depth)), len(made))
            _bounded(made)
        return made

    def _atom(self, depth: int) -> list[Piece]:
        char = self._next()
        if char == "(":
            if self.pattern.startswith("?:", self.at):
                self.at += 2
            elif self._peek() in ("?", "*"):
                raise RegexError("looking ahead is not known here")
            made = self._either(depth + 1)
            if self._next() != ")":
                raise RegexError("a ) is missing")
            return made
        if char in "*+?{":
            raise RegexError("nothing to repeat")
        if char in "^$":
            return [(char, None, None)]
        if char == ".":
            return [(lambda _: True, None, None)]
        if char == "[":
            return [(self._set(), None, None)]
        if char == "\\":
            return [(self._escape(), None, None)]
        return [(char.__eq__, None, None)]

    def _escape(self) -> Test:
        char = self._next()
        known = _SETS.get(char.lower())
        if known:
            return known if char.islower() else lambda other: not known(other)
        char = _CONTROLS.get(char, char)
        if char.isalnum():
            raise RegexError("this escape is not known here")
        return char.__eq__

    def _set(self) -> Test:
        negated = self._peek() == "^"
        self.at += negated
        tests: list[Test] = []
        first = True
        while first or self._peek() != "]":
            first = False
            char = self._next()
            if char == "[" and self._peek() in (":", ".", "="):
                raise RegexError("named classes are not known here")
            if char == "\\":
                tests.append(self._escape())
                continue
            if self._peek() == "-" and self.pattern[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                last = self._next()
                if last in "\\[" or last < char:
                    raise RegexError("a range that cannot be")
                tests.append(lambda other, low=char, high=last: low <= other <= high)
                continue
            tests.append(char.__eq__)
        self.at += 1
        return lambda other: any(test(other) for test in tests) != negated

    def _repeated(self, atom: list[Piece]) -> list[Piece]:
        char = self._peek()
        if char == "{":
            match = _REPEAT.match(self.pattern, self.at)
            if not match:
                raise RegexError("a { that repeats nothing")
            self.at = match.end()
            least = int(match[1])
            most = int(match[3]) if match[3] else (None if match[2] else least)
            if most is not None and most < least:
                raise RegexError("a range that cannot be")
        elif char and char in "*+?":
            self.at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[char]
        else:
            return atom
        if self._peek() == "?":  # lazy
            self.at += 1
        if self._peek() and self._peek() in "*+?{":
            raise RegexError("a repetition of a repetition")
        if max(least, most or 0) > REPEAT_LIMIT:
            raise RegexError("too many repetitions")
        return _times(atom, least, most)


def _times(atom: list[Piece], least: int, most: int | None) -> list[Piece]:
    made: list[Piece] = []
    for _ in range(least):
        made += _moved(atom, len(made))
        _bounded(made)
    if most is None:
        begin = len(made)
        made += [(None, begin + 1, begin + len(atom) + 2), *_moved(atom, begin + 1)]
        made.append((None, begin, None))
        return made
    end = len(made) + (most - least) * (len(atom) + 1)
    if end > PROGRAM_LIMIT:
        raise RegexError("the pattern is too large")
    for _ in range(most - least):
        begin = len(made)
        made += [(None, begin + 1, end), *_moved(atom, begin + 1)]
    return made


def _moved(pieces: list[Piece], by: int) -> list[Piece]:
    if not by:
        return pieces
    return [
        (
            test,
            None if first is None else first + by,
            None if second is None else second + by,
        )
        for test, first, second in pieces
    ]


def _bounded(pieces: list[Piece]) -> None:
    if len(pieces) > PROGRAM_LIMIT:
        raise RegexError("the pattern is too large")

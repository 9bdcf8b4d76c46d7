"""Which lines of a CSV cannot mislead a parser about where a row ends: judged all at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["NEWLINE", "empty_lines", "is_plain"]

NEWLINE, _RETURN, _QUOTE, _COMMA = (ord(mark) for mark in '\n\r",')

Bytes = npt.NDArray[np.uint8]
Positions = npt.NDArray[np.int64]


def _line_lengths(ends: Positions) -> Positions:
    return np.diff(ends, prepend=-1) - 1


def empty_lines(octets: Bytes, ends: Positions) -> npt.NDArray[np.bool_]:
    """Return which lines hold nothing, or a carriage return alone."""
    lengths = _line_lengths(ends)
    empty: npt.NDArray[np.bool_] = lengths == 0
    single = np.flatnonzero(lengths == 1)
    empty[single] = octets[ends[single] - 1] == _RETURN
    return empty


def is_plain(body: bytes, octets: Bytes, ends: Positions, *, longest: int) -> bool:
    """Return whether no line can mislead the parser about where a row ends.

    Parameters
    ----------
    body, octets
        Whole lines, each ending in a newline, as bytes and as numbers.
    ends
        Positions of the newlines.
    longest
        Bytes in the longest line that is read.
    """
    if b"\0" in body or body.count(b"\r") != body.count(b"\r\n"):
        return False
    if len(ends) and int(_line_lengths(ends).max()) > longest:
        return False
    return b'"' not in body or _quotes_pair_up(octets, ends)


def _quotes_pair_up(octets: Bytes, ends: Positions) -> bool:
    """Return whether in every line quotes open after a comma and close before one.

    The first, third, ... quote of a line must follow a comma, the start of the line or a quote
    (an escaped one); the second, fourth, ... must come before a comma, the end or a quote.
    """
    quotes = np.flatnonzero(octets == _QUOTE)
    line = np.searchsorted(ends, quotes)
    rank = np.arange(len(quotes)) - np.searchsorted(line, line)
    opens = rank % 2 == 0
    before = np.where(quotes > 0, octets[quotes - 1], NEWLINE)
    after = octets[quotes + 1]
    may_open = (before == _COMMA) | (before == NEWLINE) | (before == _QUOTE)
    may_close = (after == _COMMA) | (after == NEWLINE) | (after == _RETURN) | (after == _QUOTE)
    last_of_line = np.append(line[1:] != line[:-1], True)
    return bool(np.where(opens, may_open & ~last_of_line, may_close).all())

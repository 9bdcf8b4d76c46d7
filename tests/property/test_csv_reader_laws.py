"""The fast CSV path against the standard library's reader, over made-up tables."""

from __future__ import annotations

import csv
import io

from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.csv_text import read_csv_text

CELL = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("ab1 ,\"'\n\r;é\t")),
        st.characters(codec="utf-8", exclude_characters="\x00"),
    ),
    max_size=6,
)


@st.composite
def rows(draw: st.DrawFn) -> list[list[str]]:
    width = draw(st.integers(2, 4))
    return draw(st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=6))


@settings(max_examples=300, deadline=None)
@given(
    body=rows(), windows=st.booleans(), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
)
def test_what_was_written_is_read_with_its_line(
    body: list[list[str]], windows: bool, quoting: int
) -> None:
    """Every cell comes back but for the blanks around it, and every line number is the true one."""
    end = "\r\n" if windows else "\n"
    if quoting == csv.QUOTE_MINIMAL:
        # Python 3.11 forgets to quote a lone carriage return.
        body = [[cell.replace("\r", "") for cell in row] for row in body]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=end, quoting=quoting)
    writer.writerow([f"c{n}" for n in range(len(body[0]))])
    expected_lines = []
    for row in body:
        # A line ends at \r\n, \n or a lone \r, as the standard library counts them.
        seen = text.getvalue().replace("\r\n", "\n").replace("\r", "\n")
        expected_lines.append(seen.count("\n") + 1)
        writer.writerow(row)
    table = read_csv_text(text.getvalue().encode(), shown_as="a.csv")
    assert table.frame.to_numpy().tolist() == [[cell.strip() for cell in row] for row in body]
    assert table.line.tolist() == expected_lines

"""The account must add up, and say which file does not."""

from __future__ import annotations

import pandas as pd
import pytest

from spatial.ledger import Ledger, LedgerBook, LedgerError


def small() -> Ledger:
    book = LedgerBook()
    book.open_file("b.csv", 4)
    book.open_file("a.csv", 0)
    book.book("b.csv", "2025-01", "used", 2)
    book.book("b.csv", "2025-01", "used", 1)
    book.book("b.csv", "2025-01", "ring", 0)
    book.quarantine("b.csv", "2025-01", line=7, field="Month", value="Jan", rule="bad_month")
    return book.close()


def test_a_ledger_adds_up_and_leaves_out_what_is_nought() -> None:
    ledger = small()
    assert ledger.rows.to_dict("list") == {
        "file": ["b.csv", "b.csv"],
        "month": ["2025-01", "2025-01"],
        "reason": ["bad_month", "used"],
        "rows": [1, 3],
    }
    assert ledger.totals() == {
        "used": 3,
        "ring": 0,
        "outside": 0,
        "outside_period": 0,
        "unlocated": 0,
        "superseded": 0,
        "bad_month": 1,
    }
    assert ledger.quarantine.columns.tolist() == ["file", "line", "field", "value", "rule"]


def test_a_row_that_went_missing_breaks_the_ledger() -> None:
    book = LedgerBook()
    book.open_file("a.csv", 3)
    book.book("a.csv", "2025-01", "used", 2)
    with pytest.raises(LedgerError, match=r"a\.csv: 3 rows in, 2 accounted for"):
        book.close()


def test_a_row_booked_twice_breaks_the_ledger() -> None:
    book = LedgerBook()
    book.open_file("a.csv", 1)
    book.book("a.csv", "2025-01", "used", 1)
    book.quarantine("a.csv", "2025-01", line=2, field="", value="", rule="ragged_line")
    with pytest.raises(LedgerError, match="1 rows in, 2 accounted for"):
        book.close()


def test_rows_of_a_file_that_was_never_read_break_the_ledger() -> None:
    book = LedgerBook()
    book.book("ghost.csv", "2025-01", "used", 1)
    with pytest.raises(LedgerError, match=r"ghost\.csv: booked but never read"):
        book.close()


def test_the_list_of_quarantined_rows_must_match_their_number() -> None:
    ledger = small()
    shorter = Ledger(ledger.rows, ledger.quarantine.iloc[:0], ledger.rows_in)
    with pytest.raises(LedgerError, match="1 rows booked as bad_month, 0 listed"):
        shorter.check()
    doubled = pd.concat([ledger.quarantine, ledger.quarantine])
    with pytest.raises(LedgerError, match="1 rows booked as bad_month, 2 listed"):
        Ledger(ledger.rows, doubled, ledger.rows_in).check()


def test_a_file_is_booked_once() -> None:
    book = LedgerBook()
    book.open_file("a.csv", 1)
    with pytest.raises(LedgerError, match="booked twice"):
        book.open_file("a.csv", 1)

"""Bytes of a CSV -> physical lines -> columns, so that one line is one row whatever the bytes.

A stray quote, a NUL or a cut line can make a CSV parser merge or drop rows without a word. Here
lines are cut at newlines first and counted; only lines that are well-formed CSV with the right
number of fields reach the parser, and every other line is returned as a `BadLine`.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from spatial.errors import Fault, InputError
from spatial.plain_lines import NEWLINE, empty_lines, is_plain

__all__ = ["MAX_LINE", "BadLine", "Block", "CsvLines", "visible"]

MAX_LINE = 65_536
"""Bytes in the longest line that is read; a longer one is quarantined and skipped."""

_CHUNK = 1 << 22
_SHOWN = 60
# Possessive, so that a line that does not fit is given up at once, however long.
_QUOTED = re.compile(rb'"[^"]*+(?:""[^"]*+)*+"')
_ROW = re.compile(rb'(?:"[^"]*+(?:""[^"]*+)*+"|[^",]*+)(?:,(?:"[^"]*+(?:""[^"]*+)*+"|[^",]*+))*+')
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127)}

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be read as a row: number from 1, the start of its text, the rule."""

    line: int
    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a file: columns named "0", "1", ..., the line of each row, the bad lines.

    `rows` counts the non-blank lines before any of them is judged.
    """

    table: pa.Table
    lines: Positions
    bad: tuple[BadLine, ...]
    rows: int


def visible(text: str) -> str:
    """Return the start of a text with control characters written out, fit for a table cell."""
    cut = text[:_SHOWN]
    if not cut.isprintable():
        cut = cut.translate(_CONTROL)
    return cut + "..." if len(text) > _SHOWN else cut


class CsvLines:
    """One CSV, read once from a binary stream: `header`, then `blocks`, then `sha256`.

    Raises
    ------
    InputError
        From the constructor or while iterating: bytes that are not text in `encoding` (with line
        and byte), no header, a damaged archive.
    """

    def __init__(self, stream: BinaryIO, *, shown_as: str, encoding: str = "utf-8") -> None:
        self._stream = stream
        self._shown_as = shown_as
        self._digest = hashlib.sha256()
        self._encoding = encoding
        try:
            "".encode(encoding)
            name = codecs.lookup(encoding).name
        except LookupError:
            raise InputError(
                Fault(
                    f"{encoding!r} is not a text encoding; write utf-8, cp1252 or utf-16",
                    file=shown_as,
                    field="encoding",
                )
            ) from None
        self._decoder = (
            None if name in {"utf-8", "utf-8-sig"} else codecs.getincrementaldecoder(name)()
        )
        self._line = 0
        self._bodies = self._whole_lines()
        self._first: tuple[bytes, bool] = (b"", False)
        self._long: list[BadLine] = []
        self.rows = 0
        self.header_line = 1
        self.header = self._read_header()

    @property
    def sha256(self) -> str:
        """SHA-256 of every byte read so far: of the file, once `blocks` is exhausted."""
        return self._digest.hexdigest()

    def blocks(self, columns: dict[int, pa.DataType]) -> Iterator[Block]:
        """Yield the rows in file order, keeping the columns whose positions are given."""
        body, cut_short = self._first
        if body:
            yield self._block(body, columns, cut_short=cut_short)
        for body, cut_short in self._bodies:
            yield self._block(body, columns, cut_short=cut_short)
        if self._long:
            yield self._block(b"", columns)

    # -- bytes -> whole lines

    def _chunks(self) -> Iterator[bytes]:
        """Yield the file as UTF-8, without a byte order mark."""
        first = True
        while True:
            try:
                raw = self._stream.read(_CHUNK)
            except (BadZipFile, zlib.error, EOFError, OSError) as error:
                raise InputError(
                    Fault(f"damaged: {error}; fetch the file again", file=self._shown_as)
                ) from error
            self._digest.update(raw)
            chunk = raw if self._decoder is None else self._decode(raw)
            if first and chunk:
                chunk = chunk.removeprefix(codecs.BOM_UTF8)
                first = False
            if chunk:
                yield chunk
            if not raw:
                return

    def _decode(self, raw: bytes) -> bytes:
        """Return a chunk in the declared encoding as UTF-8."""
        if self._decoder is None:
            return raw
        try:
            return self._decoder.decode(raw, final=not raw).encode()
        except UnicodeError as error:
            line, bad = self._line + 1, "a byte"
            if isinstance(error, UnicodeDecodeError):
                bad = f"byte 0x{error.object[error.start]:02x}"
                line += error.object.count(b"\n", 0, error.start)
            raise InputError(
                Fault(
                    f"{bad} is not text in the declared encoding {self._encoding!r}; "
                    "declare the encoding that the file was saved in",
                    file=self._shown_as,
                    line=line,
                    field="encoding",
                )
            ) from None

    def _whole_lines(self) -> Iterator[tuple[bytes, bool]]:
        """Yield runs of whole lines, each ending in a newline, and whether the last had none.

        A line that outgrows `MAX_LINE` is dropped here in constant memory. Its newline is kept
        as an empty line, so that later line numbers stay right.
        """
        carry = b""
        shown: bytes | None = None  # the start of the long line that is being skipped
        said = False  # whether that line has been noted: a line of blanks alone is no row
        for piece in self._chunks():
            chunk = piece
            if shown is not None:
                end = chunk.find(b"\n")
                if not said and chunk[: end if end >= 0 else None].strip():
                    said = self._note_long_line(shown)
                if end < 0:
                    continue
                chunk, shown = chunk[end:], None
            text = carry + chunk
            cut = text.rfind(b"\n") + 1
            carry = text[cut:]
            if cut:
                yield text[:cut], False
            if len(carry) > MAX_LINE:
                shown, said = carry[:200], False
                if carry.strip():
                    said = self._note_long_line(shown)
                carry = b""
        if carry:
            yield carry + b"\n", True

    def _note_long_line(self, text: bytes) -> bool:
        start = visible(text.decode(errors="replace"))
        self._long.append(BadLine(self._line + 1, start, "line_too_long"))
        return True

    # -- header

    def _read_header(self) -> list[str]:
        """Take the first line that is not blank off the first run of lines."""
        for body, cut_short in self._bodies:
            rest = body
            while rest and not self._long:
                line, _, rest = rest.partition(b"\n")
                self._line += 1
                if line.strip():
                    self._check_text(line, self._line)
                    self._first = (rest, cut_short)
                    self.header_line = self._line
                    return self._header_fields(line.rstrip(b"\r"))
        raise InputError(
            Fault(
                f"the first line is longer than {MAX_LINE} bytes; is this a CSV?"
                if self._long
                else "the file is empty; a header line and rows are expected",
                file=self._shown_as,
                line=1,
            )
        )

    def _header_fields(self, line: bytes) -> list[str]:
        broken = len(line) > MAX_LINE or b"\0" in line or b"\r" in line
        if broken or not _ROW.fullmatch(line):
            start = visible(line[:200].decode(errors="replace"))
            raise InputError(
                Fault(
                    f"the header {start!r} is not a line of CSV",
                    file=self._shown_as,
                    line=self._line,
                )
            )
        return [name.strip() for name in next(csv.reader([line.decode()]))]

    # -- whole lines -> rows

    def _block(
        self, body: bytes, columns: dict[int, pa.DataType], *, cut_short: bool = False
    ) -> Block:
        """Parse a run of whole lines, judging them one by one only where something is odd."""
        bad, self._long = self._long, []
        rows = len(bad)
        first = self._line + 1
        octets = np.frombuffer(body, dtype=np.uint8)
        ends = np.flatnonzero(octets == NEWLINE).astype(np.int64)
        self._check_text(body, first)
        table = None
        lines = np.arange(first, first + len(ends), dtype=np.int64)
        if is_plain(body, octets, ends, longest=MAX_LINE):
            lines = lines[~empty_lines(octets, ends)]
            table = self._parse(body, len(lines), columns)
        if table is not None:
            rows += len(lines)
        else:
            rows += sum(1 for line in body.split(b"\n") if line.strip())
            good, lines, odd = self._judge(body, first, cut_short=cut_short)
            bad.extend(odd)
            table = self._parse(good, len(lines), columns)
            if table is None:
                raise AssertionError("a line judged well-formed was refused by the parser")
        self._line += len(ends)
        self.rows += rows
        return Block(table, lines, tuple(bad), rows)

    def _judge(
        self, body: bytes, first: int, *, cut_short: bool
    ) -> tuple[bytes, Positions, list[BadLine]]:
        """Part well-formed lines from odd ones, one by one: the slow path."""
        good: list[bytes] = []
        numbers: list[int] = []
        bad: list[BadLine] = []
        every = body.split(b"\n")[:-1]
        for at, raw in enumerate(every):
            if not raw.strip():
                continue
            line = raw.removesuffix(b"\r")
            rule = "line_too_long" if len(raw) > MAX_LINE else self._rule_of(line)
            if rule == "ragged_line" and cut_short and at == len(every) - 1:
                rule = "truncated_line"
            if rule:
                text = line[:200].decode(errors="replace")
                bad.append(BadLine(first + at, visible(text), rule))
            else:
                good.append(line)
                numbers.append(first + at)
        text_of_good = b"\n".join([*good, b""]) if good else b""
        return text_of_good, np.array(numbers, dtype=np.int64), bad

    def _rule_of(self, line: bytes) -> str:
        """Return the rule that keeps a line from being read as a row, or an empty text."""
        if b"\0" in line:
            return "nul_byte"
        if b"\r" in line:
            return "stray_carriage_return"
        bare = line
        if b'"' in line:
            if not _ROW.fullmatch(line):
                return "stray_quote"
            bare = _QUOTED.sub(b"", line)
        return "" if bare.count(b",") == len(self.header) - 1 else "ragged_line"

    def _parse(self, body: bytes, rows: int, columns: dict[int, pa.DataType]) -> pa.Table | None:
        """Return the columns of `rows` rows, or None where the parser counts otherwise."""
        types = {str(position): kind for position, kind in columns.items()}
        if rows == 0:
            return pa.table({name: pa.array([], type=kind) for name, kind in types.items()})
        refused: list[object] = []

        def refuse(row: object) -> str:
            refused.append(row)
            return "skip"

        try:
            table = pa_csv.read_csv(
                pa.BufferReader(body),
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    block_size=len(body) + 1,
                    column_names=[str(position) for position in range(len(self.header))],
                ),
                parse_options=pa_csv.ParseOptions(invalid_row_handler=refuse),
                convert_options=pa_csv.ConvertOptions(
                    check_utf8=False,
                    include_columns=list(types),
                    column_types=types,
                    strings_can_be_null=False,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        return None if refused or table.num_rows != rows else table

    def _check_text(self, body: bytes, first_line: int) -> None:
        """Refuse bytes that are not UTF-8, naming line and byte.

        Lines that are too long to be read are passed over, wherever a block happens to end.
        """
        start = 0
        while not body.isascii():
            try:
                body[start:].decode()
            except UnicodeDecodeError as error:
                at = start + error.start
            else:
                return
            begin = body.rfind(b"\n", 0, at) + 1
            end = body.find(b"\n", at)
            end = len(body) if end < 0 else end
            if end - begin <= MAX_LINE:
                raise InputError(
                    Fault(
                        f"byte {at - begin + 1} of the line (0x{body[at]:02x}) is not UTF-8; "
                        "declare the encoding of the source, such as encoding: cp1252",
                        file=self._shown_as,
                        line=first_line + body.count(b"\n", 0, at),
                        field="encoding",
                    )
                )
            start = end

"""The well-formed rows of all files in one table, and which of them a later one replaces."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from spatial.incident_files import IncidentFile
from spatial.incident_rows import FileScan, RowColumns, no_rows
from spatial.incident_sources import ATTRIBUTES

__all__ = ["IncidentTable", "ReadFile", "superseded_rows", "tabulate"]

Numbers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file and what was found in it."""

    file: IncidentFile
    scan: FileScan


@dataclass(frozen=True, slots=True)
class IncidentTable:
    """One entry a row in every array; `file` is the position of the row's file.

    Texts are numbered in alphabetical order, so that numbers compare as their texts do whatever
    the order of rows was. `first` and `second` are easting and northing where `grid`.
    """

    file: npt.NDArray[np.int32]
    line: Numbers
    month: npt.NDArray[np.int32]
    category: npt.NDArray[np.int8]
    first: npt.NDArray[np.float64]
    second: npt.NDArray[np.float64]
    grid: Mask
    by_polygon: Mask
    code: npt.NDArray[np.int32]
    codes: tuple[str, ...]
    identity: npt.NDArray[np.uint64]
    attributes: Mapping[str, npt.NDArray[np.int32]]
    attribute_texts: Mapping[str, tuple[str, ...]]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.line)

    @property
    def identified(self) -> Mask:
        """Rows that carry an identifier."""
        return np.asarray(self.identity.any(axis=1))


def tabulate(files: Sequence[ReadFile]) -> IncidentTable:
    """Put the rows of the files end to end, in the order of the files."""
    scans = [one.scan for one in files]
    sizes = [len(scan.columns.line) for scan in scans]
    code, codes = _renumbered([(scan.columns.code, scan.codes) for scan in scans])
    attributes, texts = {}, {}
    for name in ATTRIBUTES:
        if any(name in scan.attribute_texts for scan in scans):
            attributes[name], texts[name] = _renumbered(
                [
                    (
                        scan.columns.attributes.get(name, np.zeros(size, dtype=np.int32)),
                        scan.attribute_texts.get(name, ("",)),
                    )
                    for scan, size in zip(scans, sizes, strict=True)
                ]
            )

    def joined(part: Callable[[RowColumns], npt.NDArray[Number]]) -> npt.NDArray[Number]:
        return np.concatenate([part(no_rows()), *(part(scan.columns) for scan in scans)])

    def repeated(values: Sequence[bool]) -> Mask:
        return np.repeat(np.array(values, dtype=bool), sizes)

    return IncidentTable(
        file=np.repeat(np.arange(len(scans), dtype=np.int32), sizes),
        line=joined(lambda columns: columns.line),
        month=joined(lambda columns: columns.month),
        category=joined(lambda columns: columns.category),
        first=joined(lambda columns: columns.first),
        second=joined(lambda columns: columns.second),
        grid=repeated([scan.grid for scan in scans]),
        by_polygon=repeated([one.file.source.locate_by == "polygon" for one in files]),
        code=code,
        codes=codes,
        identity=joined(lambda columns: columns.identity),
        attributes=attributes,
        attribute_texts=texts,
    )


def _renumbered(
    parts: Sequence[tuple[npt.NDArray[np.int32], Sequence[str]]],
) -> tuple[npt.NDArray[np.int32], tuple[str, ...]]:
    """Bring each file's own numbering of texts to one, in alphabetical order."""
    texts = tuple(sorted({text for _, own in parts for text in own}))
    number = {text: at for at, text in enumerate(texts)}
    found = [np.zeros(0, dtype=np.int32)]
    for values, own in parts:
        to_all = np.array([number[text] for text in own], dtype=np.int32)
        found.append(to_all[values] if len(own) else values)
    return np.concatenate(found), texts


def superseded_rows(table: IncidentTable, files: Sequence[ReadFile]) -> tuple[Mask, list[str]]:
    """Tell which rows a later one replaces (case 7), and say where two vintages met.

    Of rows with one identifier the newest month wins, then the later-listed file; within a file,
    a row with a point, then the row whose content sorts last: the order of rows decides nothing.
    Where one force
    and month came in two files that differ, rows of the older file that carry no identifier are
    replaced too: nothing else could keep them from counting twice.
    """
    replaced = np.zeros(len(table), dtype=bool)
    said: list[str] = []
    vintages: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, one in enumerate(files):
        if one.file.source.kind == "police_uk":
            vintages[one.file.force, one.file.month].append(number)
    for (force, month), numbers in sorted(vintages.items()):
        if len(numbers) > 1:
            names = [files[number].scan.shown_as for number in numbers]
            replaced |= np.isin(table.file, numbers[:-1]) & ~table.identified
            said.append(
                f"{force} {month} came in {len(names)} different files ({', '.join(names)}): the "
                "last counts, and rows of the others only where their Crime ID is not in it"
            )
    rows = np.flatnonzero(table.identified)
    first_word = table.identity[rows, 0]
    _, inverse, times = np.unique(first_word, return_inverse=True, return_counts=True)
    rows = rows[times[inverse] > 1]
    if len(rows):
        words = table.identity[rows]
        keys: list[npt.NDArray[np.generic]] = [
            *(numbers[rows] for numbers in table.attributes.values()),
            table.second[rows],
            table.first[rows],
            table.category[rows],
            table.code[rows],
            ~np.isnan(table.first[rows]),
            table.file[rows],
            table.month[rows],
            words[:, 1],
            words[:, 0],
        ]
        order = np.lexsort(keys)
        ordered = words[order]
        followed = (ordered[:-1] == ordered[1:]).all(axis=1)
        replaced[rows[order[:-1][followed]]] = True
    return replaced, said

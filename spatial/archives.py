"""A zip, a folder or a single file behind one face, checked before anything is unpacked."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Final, Self, cast

from spatial.errors import Fault, Faults, InputError
from spatial.files import check_magic, describe_text_head, nearest

__all__ = ["Archive", "Member", "ZipLimits", "check_zip", "open_zip"]

_NESTED: Final = frozenset(
    {".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".lz4"}
)
_RATIO_FROM: Final = 1 << 20
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_ENCRYPTED, _PATCHED, _STRONGLY_ENCRYPTED = 0x01, 0x20, 0x40
# What Python's reader raises for a damaged member; NotImplementedError is a RuntimeError.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class ZipLimits:
    """What a zip may hold. A quarter of data.police.uk is 118 entries and 230 MB."""

    entries: int = 20_000
    total_bytes: int = 8 << 30
    ratio: float = 200.0


@dataclass(frozen=True, slots=True)
class Member:
    """One CSV file of an archive: its name with forward slashes, and its size in bytes."""

    name: str
    size: int


def check_zip(
    file: zipfile.ZipFile, *, shown_as: str, limits: ZipLimits, nested_ok: bool = False
) -> None:
    """Refuse a hostile zip from its directory, before a byte is unpacked.

    Checks the number of entries, the total size, the ratio of sizes, overlapping entries, names
    that lead elsewhere, links, encryption, packing methods, repeated names and archives inside
    the archive. Python's reader never unpacks more than the size stated in the directory, so the
    stated sizes bound what can come out.

    Raises
    ------
    InputError
        With every fault found.
    """
    entries = file.infolist()
    faults = Faults()
    if len(entries) > limits.entries:
        raise InputError(
            Fault(f"holds {len(entries):,} entries; the limit is {limits.entries:,}", file=shown_as)
        )
    total = sum(entry.file_size for entry in entries)
    if total > limits.total_bytes:
        faults.add(
            f"unpacks to {total:,} bytes; the limit is {limits.total_bytes:,}", file=shown_as
        )
    seen: set[str] = set()
    for entry in entries:
        where = f"{shown_as}!{entry.filename}"
        why = _unsafe_name(entry)
        if why:
            faults.add(why, file=where)
        if entry.filename in seen:
            faults.add("is in the zip twice", file=where)
        seen.add(entry.filename)
        if entry.flag_bits & (_ENCRYPTED | _STRONGLY_ENCRYPTED):
            faults.add("is encrypted; supply it without a password", file=where)
        if entry.flag_bits & _PATCHED:
            faults.add("is packed as a patch; zip it again", file=where)
        if entry.compress_type not in _METHODS:
            faults.add("is packed by a method other than deflate; zip it again", file=where)
        if entry.file_size > _RATIO_FROM and entry.file_size > limits.ratio * max(
            entry.compress_size, 1
        ):
            faults.add(
                f"unpacks to {entry.file_size:,} bytes from {entry.compress_size:,}; "
                f"the limit is {limits.ratio:g} times",
                file=where,
            )
        if not nested_ok and PurePosixPath(entry.filename).suffix.lower() in _NESTED:
            faults.add("is an archive inside an archive; supply it as a source itself", file=where)
    ordered = sorted(entries, key=lambda entry: entry.header_offset)
    for entry, following in pairwise(ordered):
        if entry.header_offset + entry.compress_size > following.header_offset:
            faults.add("shares its bytes with another entry", file=f"{shown_as}!{entry.filename}")
    faults.raise_if_any()


def _unsafe_name(entry: zipfile.ZipInfo) -> str | None:
    name = entry.filename
    parts = name.replace("\\", "/").split("/")
    if not name:
        return "has no name"
    if ".." in parts:
        return "has '..' in its name"
    if name.startswith(("/", "\\")) or (len(name) > 1 and name[1] == ":"):
        return "has an absolute name"
    if stat.S_ISLNK(entry.external_attr >> 16):
        return "is a link"
    return None


def open_zip(path: Path, *, shown_as: str, limits: ZipLimits | None = None) -> zipfile.ZipFile:
    """Open a zip after `check_magic` and `check_zip`; the caller closes it."""
    check_magic(path, shown_as=shown_as)
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise InputError(
            Fault(f"is a damaged zip ({problem}); fetch it again", file=shown_as)
        ) from problem
    try:
        check_zip(file, shown_as=shown_as, limits=limits or ZipLimits())
    except InputError:
        file.close()
        raise
    return file


class Archive:
    """The CSV files of a zip, of a folder and its folders, or a single CSV (case 33).

    Opening checks everything: names, links, sizes, nesting and the first bytes of each CSV.
    Nothing is unpacked to disk.

    Parameters
    ----------
    path
        A `.zip`, a folder, or a `.csv`.
    limits
        What a zip may hold.
    shown_as
        Name for messages; the file name where not given.

    Raises
    ------
    InputError
        With every fault found.
    """

    def __init__(
        self, path: Path, *, limits: ZipLimits | None = None, shown_as: str | None = None
    ) -> None:
        self._path = path
        self._zip: zipfile.ZipFile | None = None
        self.shown_as = shown_as or path.name
        if path.is_dir():
            self.kind = "folder"
            found = self._walk()
        elif path.suffix.lower() == ".zip":
            self.kind = "zip"
            self._zip = open_zip(path, shown_as=self.shown_as, limits=limits)
            found = [
                Member(entry.filename, entry.file_size)
                for entry in self._zip.infolist()
                if not entry.is_dir() and _is_table(entry.filename)
            ]
        else:
            check_magic(path, shown_as=self.shown_as)
            if path.suffix.lower() != ".csv":
                raise InputError(
                    Fault("is not a folder, a .zip or a .csv file", file=self.shown_as)
                )
            self.kind = "file"
            found = [Member(path.name, path.stat().st_size)]
        self.members: tuple[Member, ...] = tuple(sorted(found, key=lambda member: member.name))
        try:
            self._check_heads()
        except InputError:
            self.close()
            raise

    def _walk(self) -> list[Member]:
        """List the CSV files of a folder, without following a link out of it."""
        top = self._path.resolve()
        faults = Faults()
        found = []
        for folder, folders, names in os.walk(top):
            folders.sort()
            for name in sorted([*names, *folders]):
                entry = Path(folder) / name
                relative = entry.relative_to(top).as_posix()
                where = f"{self.shown_as}/{relative}"
                if entry.is_symlink() and (
                    entry.is_dir() or not entry.exists() or top not in entry.resolve().parents
                ):
                    if entry.is_dir() or _is_table(name):
                        faults.add("is a link that leads elsewhere", file=where)
                    continue
                if entry.is_dir():
                    continue
                if entry.suffix.lower() == ".zip":
                    faults.add("is a zip inside a folder; supply it as a source itself", file=where)
                elif _is_table(relative) and entry.is_file():
                    found.append(Member(relative, entry.stat().st_size))
        faults.raise_if_any()
        return found

    def _check_heads(self) -> None:
        faults = Faults()
        if not self.members:
            faults.add("holds no .csv file", file=self.shown_as)
        for member in self.members:
            try:
                with self._raw(member.name) as stream:
                    head = stream.read(512)
            except _UNREADABLE as problem:
                faults.add(f"is damaged: {problem}", file=self.label(member.name))
                continue
            what = describe_text_head(head)
            if what is not None:
                faults.add(
                    f"the name ends in .csv but the content is {what}",
                    file=self.label(member.name),
                )
        faults.raise_if_any()

    def label(self, name: str) -> str:
        """Return how a member is shown: `incidents/dorset.zip!2025-01/...csv`."""
        return {
            "zip": f"{self.shown_as}!{name}",
            "folder": f"{self.shown_as}/{name}",
            "file": self.shown_as,
        }[self.kind]

    def open(self, name: str) -> BinaryIO:
        """Open one member for reading bytes; the caller closes it.

        Raises
        ------
        InputError
            Where there is no such member.
        """
        names = [member.name for member in self.members]
        if name not in names:
            close = nearest(name, names)
            hint = f"; did you mean {close!r}?" if close else ""
            raise InputError(Fault(f"holds no {name!r}{hint}", file=self.shown_as))
        return self._raw(name)

    def _raw(self, name: str) -> BinaryIO:
        if self._zip is not None:
            return cast("BinaryIO", self._zip.open(name))
        if self.kind == "file":
            return self._path.open("rb")
        return (self._path / name).open("rb")

    def close(self) -> None:
        """Close the zip, if it is one."""
        if self._zip is not None:
            self._zip.close()

    def __enter__(self) -> Self:
        """Return the archive itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the zip."""
        self.close()


def _is_table(name: str) -> bool:
    """Tell a CSV from the files that macOS adds beside it."""
    path = PurePosixPath(name)
    return (
        path.suffix.lower() == ".csv"
        and not path.name.startswith(".")
        and "__MACOSX" not in path.parts
    )

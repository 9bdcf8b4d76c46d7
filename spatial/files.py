"""The guarded opener: which path, which content, and only then which library.

GDAL decides what a file is by looking inside it: a virtual dataset saved as `areas.geojson` would
make it open any other file the process can read. So every file is compared with its extension
here, by its first bytes, before a library that guesses is called at all.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, Final

from spatial.errors import Fault, InputError

__all__ = [
    "check_magic",
    "describe_text_head",
    "nearest",
    "resolve_under",
    "sha256_of",
    "sha256_stream",
]

_BLOCK: Final = 1 << 20
_HEAD: Final = 4096
_BOM: Final = b"\xef\xbb\xbf"
_LFS: Final = b"version https://git-lfs"
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_DBF_VERSIONS: Final = frozenset({0x02, 0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x83, 0x8B, 0xF5})
_BINARY: Final = (
    (b"PK\x03\x04", "a zip file"),
    (b"SQLite format 3\x00", "a GeoPackage or SQLite file"),
    (b"PAR1", "a Parquet file"),
    (b"\x00\x00\x27\x0a", "a Shapefile"),
    (b"\x1f\x8b", "a gzip file"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel (.xls) file"),
    (b"\xff\xfe", "text saved as UTF-16"),
    (b"\xfe\xff", "text saved as UTF-16"),
)
KNOWN_EXTENSIONS: Final = (
    ".csv",
    ".geojson",
    ".geoparquet",
    ".gpkg",
    ".json",
    ".parquet",
    ".shp",
    ".xlsx",
    ".zip",
)


def nearest(name: str, names: Iterable[str], *, cutoff: float = 0.5) -> str | None:
    """Return the one of `names` that a person most likely meant, or None.

    Upper and lower case are alike.
    """
    known: dict[str, str] = {}
    for candidate in sorted(names):
        known.setdefault(candidate.casefold(), candidate)
    close = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=cutoff)
    return known[close[0]] if close else None


def _is_under(root: Path, path: Path) -> bool:
    return path == root or root in path.parents


def _missing(root: Path, path: Path, relative: str, field: str) -> InputError:
    """Say which part of a path does not exist, and what does."""
    at = root
    for part in path.relative_to(root).parts:
        step = at / part
        if step.exists():
            at = step
            continue
        where = "the data root" if at == root else str(at.relative_to(root))
        if not at.is_dir():
            return InputError(Fault(f"{relative!r}: {where} is not a folder", field=field))
        entries = sorted(entry.name for entry in at.iterdir())
        close = nearest(part, entries)
        hint = f"did you mean {close!r}?" if close else "check the name and --data-root"
        return InputError(
            Fault(f"{relative!r} does not exist: no {part!r} in {where}; {hint}", field=field)
        )
    return InputError(Fault(f"{relative!r} does not exist under the data root", field=field))


def resolve_under(root: Path, relative: str, *, field: str) -> Path:
    """Return the real path of a file or folder inside the data root.

    Parameters
    ----------
    root
        The data root; everything named by a configuration lies below it.
    relative
        As written in the configuration. An absolute path is accepted where it lies under `root`.
    field
        Name of the setting, for the message.

    Raises
    ------
    InputError
        For `..`, a URL, a GDAL virtual path (`/vsi...`), a path or a link that leads outside
        `root`, and for a name that does not exist (with the nearest one that does).
    """

    def refuse(why: str) -> InputError:
        return InputError(
            Fault(f"{relative!r} {why}; name a file under the data root", field=field)
        )

    text = relative.strip()
    if not text or "\x00" in text:
        raise refuse("is not a path")
    if text.replace("\\", "/").lower().lstrip("/").startswith("vsi"):
        raise refuse("is a virtual path of GDAL")
    if _URL.match(text) and not PureWindowsPath(text).is_absolute():
        raise refuse("is a URL")
    if ".." in re.split(r"[/\\]", text):
        raise refuse("holds '..'")
    if text.startswith("~"):
        raise refuse("begins with '~'")
    top = Path(os.path.abspath(root))  # noqa: PTH100  # resolve() would follow links too early
    plain = Path(os.path.normpath(top / text))
    if not _is_under(top, plain) and not _is_under(top.resolve(), plain):
        raise refuse("lies outside the data root")
    try:
        real = plain.resolve(strict=True)
    except OSError as problem:
        base = top if _is_under(top, plain) else top.resolve()
        raise _missing(base, plain, relative, field) from problem
    if not _is_under(top.resolve(), real):
        raise refuse("is a link that leads outside the data root")
    return real


def sha256_stream(stream: BinaryIO) -> str:
    """Return the SHA-256 of what is left in a stream, as 64 hexadecimal digits."""
    digest = hashlib.sha256()
    while block := stream.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits.

    The files of a Shapefile count as one: `.shp`, `.shx`, `.dbf`, `.prj` and `.cpg` in that
    order. A folder's is made from the names and hashes of its files, in order of name.
    """
    if path.is_dir():
        listing = "".join(
            f"{file.relative_to(path).as_posix()}\0{sha256_of(file)}\n"
            for file in sorted(path.rglob("*"), key=lambda file: file.relative_to(path).as_posix())
            if file.is_file() and not file.is_symlink()
        )
        return hashlib.sha256(listing.encode()).hexdigest()
    if path.suffix.lower() != ".shp":
        with path.open("rb") as stream:
            return sha256_stream(stream)
    digest = hashlib.sha256()
    for suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        part = _sibling(path, suffix)
        if part is not None:
            digest.update(part.read_bytes())
    return digest.hexdigest()


def _sibling(path: Path, suffix: str) -> Path | None:
    """Return the file beside a Shapefile with another extension, in either case of letters."""
    for candidate in (path.with_suffix(suffix), path.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    return None


def _what(head: bytes) -> str:
    """Describe what a file really is, from its first bytes."""
    for magic, name in _BINARY:
        if head.startswith(magic):
            return name
    text = head.removeprefix(_BOM).lstrip()
    if text.startswith(b"<"):
        tag = re.match(rb"<[?!]?\s*([A-Za-z:]+)", text)
        upper = text[:2048].upper()
        for word, name in (
            (b"<OGRVRT", "a VRT (virtual dataset)"),
            (b"<VRTDATASET", "a VRT (virtual dataset)"),
            (b"<KML", "KML"),
            (b"OPENGIS.NET/GML", "GML"),
            (b"<GML:", "GML"),
            (b"<HTML", "a web page"),
            (b"<!DOCTYPE HTML", "a web page"),
        ):
            if word in upper:
                return name
        return f"XML ({tag[1].decode('ascii', 'replace')})" if tag else "XML"
    if text.startswith((b"{", b"[")):
        return "JSON"
    if text.startswith(_LFS):
        return "a Git LFS pointer (the file itself was not fetched)"
    if not head:
        return "empty"
    if b"\x00" in head:
        return "a binary file of an unknown kind"
    return "plain text"


def describe_text_head(head: bytes) -> str | None:
    """Return what a supposed CSV is instead, from its first bytes, or None where it may be one.

    UTF-16 passes: the reader names the encoding, which is the more useful message.
    """
    text = head.removeprefix(_BOM).lstrip()
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    if (
        not head
        or text.startswith((b"<", b"{", _LFS))
        or any(head.startswith(magic) for magic, _ in _BINARY)
        # Further down a NUL is a damaged row, which its reader can name.
        or b"\x00" in head.partition(b"\n")[0]
    ):
        return _what(head)
    return None


def _content_fits(suffix: str, head: bytes) -> bool:
    text = head.removeprefix(_BOM).lstrip()
    if suffix in {".geojson", ".json"}:
        return text.startswith(b"{") and b"\x00" not in head
    if suffix == ".csv":
        return describe_text_head(head) is None
    magic = {
        ".gpkg": b"SQLite format 3\x00",
        ".shp": b"\x00\x00\x27\x0a",
        ".parquet": b"PAR1",
        ".geoparquet": b"PAR1",
        ".zip": b"PK\x03\x04",
        ".xlsx": b"PK\x03\x04",
    }[suffix]
    return head.startswith(magic)


def check_magic(path: Path, *, shown_as: str | None = None) -> None:
    """Refuse a file whose first bytes are not what its extension says.

    Knows `.gpkg .geojson .json .shp .parquet .geoparquet .zip .csv .xlsx`. A `.shp` also needs its
    `.shx` and `.dbf`, of the right kind and in the same folder.

    `shown_as` is the name for messages.

    Raises
    ------
    InputError
        Naming what the file is instead. No library has seen the file by then.
    """
    suffix = path.suffix.lower()
    if suffix not in KNOWN_EXTENSIONS:
        raise InputError(
            Fault(
                f"extension {suffix or '(none)'!r} is not one that is read; "
                f"use one of {', '.join(KNOWN_EXTENSIONS)}",
                file=shown_as or path.name,
            )
        )
    if not path.is_file():
        raise InputError(Fault("is not a file", file=shown_as or path.name))
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    if not _content_fits(suffix, head):
        raise InputError(
            Fault(
                f"the name ends in {suffix} but the content is {_what(head)}; "
                "nothing was opened: save the file in the format of its name",
                file=shown_as or path.name,
            )
        )
    if suffix in {".parquet", ".geoparquet"}:
        with path.open("rb") as stream:
            stream.seek(-4, os.SEEK_END)
            if stream.read(4) != b"PAR1":
                raise InputError(
                    Fault("is cut short: the Parquet footer is missing", file=shown_as or path.name)
                )
    if suffix == ".shp":
        _check_shapefile_parts(path)


def _check_shapefile_parts(path: Path) -> None:
    """Check the files that GDAL opens beside a `.shp` without being asked."""
    faults = []
    folder = path.resolve().parent
    for suffix in (".shx", ".dbf", ".prj", ".cpg"):
        part = _sibling(path, suffix)
        if part is None:
            if suffix in {".shx", ".dbf"}:
                faults.append(f"{path.stem}{suffix} is missing: a Shapefile is three files or more")
            continue
        if part.resolve().parent != folder:
            faults.append(f"{part.name} is a link out of the folder")
            continue
        with part.open("rb") as stream:
            head = stream.read(256)
        fits = {
            ".shx": head.startswith(b"\x00\x00\x27\x0a"),
            ".dbf": head[:1] != b"" and head[0] in _DBF_VERSIONS,
            ".prj": not head.lstrip().startswith((b"<", b"{")),
            ".cpg": not head.lstrip().startswith((b"<", b"{")),
        }[suffix]
        if not fits:
            faults.append(f"{part.name} is not a {suffix} file but {_what(head)}")
    if faults:
        raise InputError(Fault(message, file=path.name) for message in faults)

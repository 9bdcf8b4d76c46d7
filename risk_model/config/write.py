"""A changed set of weights as a new file: comments kept, a name of its own, nothing overwritten."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from risk_model.config.edit import comment_above, replaced, written
from risk_model.config.harm import load_harm_weights
from risk_model.config.loader import Document, dotted, parse, read_document, short
from risk_model.config.overrides import OPTION, plain
from risk_model.config.risk import RiskConfig, load_risk, risk_of
from spatial.errors import ConfigError, Fault, Faults, InputError

__all__ = ["SavedVersion", "save_version"]

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class SavedVersion:
    """A version that was written: where, under which name, and each setting before and after."""

    path: Path
    version: str
    config: RiskConfig
    changes: Mapping[str, tuple[Any, Any]]


def save_version(
    source: Path, target: Path, changes: Mapping[str, str], *, version: str, why: str = ""
) -> SavedVersion:
    """Write `source` with some settings changed as `target`, a version with a name of its own.

    Every byte that is not one of the changed values stays: comments, order, spacing. A comment
    above `version:` says what it was made from, what is changed and why.

    Parameters
    ----------
    source, target
        A file that `load_risk` reads; a file that does not exist yet.
    changes
        Dotted key to value as written after `--set`.
    version, why
        The name shown with every result, and the reason, which goes into the comment.

    Raises
    ------
    ConfigError
        With every fault; nothing is written then.
    """
    faults = Faults()
    _check_target(target, faults)
    _check_name(target, version, faults)
    before = after = None
    try:
        before = load_risk(source)
        after = load_risk(source, {**changes, "version": written(version)})
    except InputError as error:
        faults.extend(error.faults)
    if "version" in changes:
        faults.add("the name of the new version is given by --name", file=OPTION, field="version")
    if before is not None and after is not None:
        if before.version == version:
            faults.add(f"'{version}' is the name of {source}; give a new one", field="--name")
        if before.model_copy(update={"version": version}) == after:
            faults.add("no setting differs from those of the file; name one", field=OPTION)
        _check_harm_weights(source, target, after, faults)
    faults.raise_if_any(ConfigError)
    if before is None or after is None:
        raise AssertionError  # a reader that gives nothing has noted a fault
    done = {key: (_at(before, key), _at(after, key)) for key in changes}
    content = _content(source, changes, after, _words(source, before, version, done, why))
    _publish(content, target, mode=source.stat().st_mode & 0o777)
    if load_risk(target) != after:
        raise ConfigError(
            Fault("was changed by someone else while it was written", file=str(target))
        )
    return SavedVersion(target, version, after, done)


def _check_target(target: Path, faults: Faults) -> None:
    name = str(target)
    if target.suffix not in _SUFFIXES:
        faults.add("a file of weights ends in .yaml", file=name)
    if os.path.lexists(target):
        faults.add("exists; a version is never written over, give a new file name", file=name)
    elif not target.parent.is_dir():
        faults.add(f"{str(target.parent)!r} is not a folder", file=name)


def _check_name(target: Path, version: str, faults: Faults) -> None:
    """Refuse a name that says nothing, or that another file of the folder has."""
    if not version.strip() or not version.isprintable() or version != version.strip():
        faults.add(f"{short(version)} is no name; give one such as 2027-01 trial", field="--name")
        return
    if not target.parent.is_dir():
        return
    for other in sorted(target.parent.iterdir()):
        if other.suffix in _SUFFIXES and other.is_file():
            named = read_document(other).data.get("version")
            if named is not None and getattr(named, "written", named) == version:
                faults.add(f"'{version}' is the name of {other} already", field="--name")


def _check_harm_weights(source: Path, target: Path, after: RiskConfig, faults: Faults) -> None:
    """Refuse a folder with other harm weights: they are read from beside the file."""
    here, there = (path.parent / after.harm_weights for path in (source, target))
    if not target.parent.is_dir():
        return
    try:
        if load_harm_weights(here).weights != load_harm_weights(there).weights:
            faults.add(f"holds other harm weights than {here}; save beside that", file=str(there))
    except InputError as error:
        faults.extend(error.faults)


def _at(config: RiskConfig, key: str) -> Any:
    """Return the value of a dotted key; None where a group lacks it."""
    here: Any = config.model_dump(mode="json")
    for part in key.strip().split("."):
        here = here.get(part) if isinstance(here, dict) else None
    return here


def _words(
    source: Path, before: RiskConfig, version: str, done: Mapping[str, tuple[Any, Any]], why: str
) -> str:
    reason = " ".join(why.split())
    lines = [f"{version}: {before.version} ({source.name}) with"]
    lines += [f"- {key}: {short(old)} -> {short(new)}" for key, (old, new) in done.items()]
    return "\n".join(lines + ([f"Why: {reason}"] if reason else []))


def _content(source: Path, changes: Mapping[str, str], after: RiskConfig, words: str) -> bytes:
    """Return the new file, which reads back as exactly `after`.

    Keys that the file leaves out are added by themselves; where that would lose the defaults
    beside them, their group is written out whole.
    """
    raw = source.read_bytes()
    mark = b"\xef\xbb\xbf" if raw.startswith(b"\xef\xbb\xbf") else b""
    text = raw.decode("utf-8-sig")
    values: dict[tuple[str, ...], Any] = {
        tuple(key.strip().split(".")): parse(f"value: {value}\n".encode(), shown_as=OPTION).data[
            "value"
        ]
        for key, value in changes.items()
    }
    document = read_document(source)
    for whole in (False, True):
        edited = text
        for path, value in values.items():
            place, new = _group(document, path, after) if whole else (path, value)
            edited = replaced(edited, place, new)
        edited = replaced(edited, ("version",), after.version)
        edited = comment_above(edited, "version", words)
        content = mark + edited.encode()
        if _reads_as(content, after):
            return content
    raise ConfigError(
        Fault(
            "cannot be changed where it stands: the file is written in a way that this does not "
            "follow; copy it and edit the copy by hand",
            file=str(source),
            field=dotted(tuple(next(iter(changes)).split("."))),
        )
    )


def _group(
    document: Document, path: tuple[str, ...], after: RiskConfig
) -> tuple[tuple[str, ...], Any]:
    """Return the outermost key of `path` that the file leaves out, and all that belongs there."""
    here: Any = document.data
    wanted: Any = after
    for depth, part in enumerate(path):
        wanted = wanted[part] if isinstance(wanted, dict) else getattr(wanted, part)
        if not isinstance(here, dict) or here.get(part) is None:
            return path[: depth + 1], plain(wanted)
        here = here[part]
    return path, plain(wanted)


def _reads_as(content: bytes, wanted: RiskConfig) -> bool:
    document = parse(content, shown_as="")
    try:
        return risk_of(document) == wanted
    except ConfigError:
        return False


def _publish(content: bytes, target: Path, *, mode: int) -> None:
    """Put the whole file in place at once, and never over one that has come meanwhile."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".unfinished-", suffix=".tmp")
    pending = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        pending.chmod(mode)
        if os.name == "nt":
            pending.rename(target)  # refuses to replace there
        else:
            os.link(pending, target)
    except FileExistsError:
        raise ConfigError(
            Fault("exists; a version is never written over", file=str(target))
        ) from None
    finally:
        pending.unlink(missing_ok=True)

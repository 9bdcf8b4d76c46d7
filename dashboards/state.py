"""What one page shows, as it stands in the address of that page.

Nothing of a reader is kept on the server: an address is the whole state, so a link restores the
view. Reading is total: a value that is not known becomes the default, never an error, because
anybody can type an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

__all__ = [
    "SORTS",
    "STRATA",
    "CompareState",
    "Place",
    "ViewState",
    "link",
    "read_compare",
    "read_state",
]

STRATA = ("urban", "rural")
SORTS = ("rank", "area", "rate", "population")
OVERLAYS = ("flagged", "hotspots", "places")
SHOWN_AT_FIRST = ("flagged", "places")

_LONGEST_ADDRESS = 2048
_LONGEST_QUERY = 80
_MOST_FIELDS = 40
_MOST_WEIGHT = 1000.0
_NAME = re.compile(r"[a-z0-9_]{1,40}")
_AREA = re.compile(r"[A-Za-z0-9]{1,12}")
_RUN = re.compile(r"[0-9A-Za-z-]{1,40}")
_WEIGHT = re.compile(r"[0-9]{1,6}([.,][0-9]{0,9})?", re.ASCII)
_FORCE = re.compile(r"[a-z0-9-]{1,60}")
_FROM = re.compile(r"[1-9][0-9]{0,6}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the map looks: zoom level and the centre in degrees."""

    zoom: float
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class ViewState:
    """One view of one run; empty text means "not chosen". `start` rows of the list come before."""

    run_id: str = ""
    priority: str = ""
    layer: str = "score"
    area: str = ""
    stratum: str = ""
    query: str = ""
    sort: str = "rank"
    show: tuple[str, ...] = SHOWN_AT_FIRST
    place: Place | None = None
    force: str = ""
    start: int = 0


@dataclass(frozen=True, slots=True)
class CompareState:
    """One question of the compare page: another run, or other weights of a priority."""

    run_id: str = ""
    priority: str = ""
    other: str = ""
    weights: tuple[tuple[str, float], ...] = ()
    name: str = ""
    why: str = ""


def _place(text: str) -> Place | None:
    try:
        zoom, latitude, longitude = (float(part) for part in text.split("/"))
    except ValueError:
        return None
    # Written so that a NaN fails.
    if 0 <= zoom <= 22 and -90 <= latitude <= 90 and -180 <= longitude <= 180:
        return Place(zoom, latitude, longitude)
    return None


def _known(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""


def _parameters(search: object) -> dict[str, str]:
    text = search if isinstance(search, str) and len(search) <= _LONGEST_ADDRESS else ""
    try:
        return dict(
            parse_qsl(text.removeprefix("?"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
        )
    except ValueError:
        return {}


def _weight(text: str) -> float | None:
    """Read a weight from 0 to 1,000 in plain figures; a decimal comma is understood."""
    if not _WEIGHT.fullmatch(text.strip()):
        return None
    found = float(text.strip().replace(",", "."))
    return found if found <= _MOST_WEIGHT else None


def read_compare(search: object) -> CompareState:
    """Read the address of the compare page as `read_state` does: never raises.

    Weights are given as ``w.harm_rate=0.4``; what is no weight is left out.
    """
    given = _parameters(search)
    found = {
        key.removeprefix("w."): weight
        for key, text in given.items()
        if key.startswith("w.") and _NAME.fullmatch(key.removeprefix("w."))
        if (weight := _weight(text)) is not None
    }
    return CompareState(
        run_id=_known(_RUN, given.get("run", "")),
        priority=_known(_NAME, given.get("priority", "")),
        other=_known(_RUN, given.get("with", "")),
        weights=tuple(sorted(found.items())),
        name=" ".join(given.get("name", "").split())[:_LONGEST_QUERY],
        why=" ".join(given.get("why", "").split())[:_LONGEST_QUERY],
    )


def read_state(search: object) -> ViewState:
    """Read the part of an address after the question mark; never raises.

    Parameters
    ----------
    search
        Text such as ``"?run=20260101T000000Z-0000000a&layer=score&area=E01020486"``. Anything
        that is not text, or is longer than an address may be, is an empty address.
    """
    given = _parameters(search)
    show = given.get("show")
    return ViewState(
        run_id=_known(_RUN, given.get("run", "")),
        priority=_known(_NAME, given.get("priority", "")),
        layer=_known(_NAME, given.get("layer", "")) or "score",
        area=_known(_AREA, given.get("area", "")),
        stratum=given["stratum"] if given.get("stratum") in STRATA else "",
        query=" ".join(given.get("q", "").split())[:_LONGEST_QUERY],
        sort=given["sort"] if given.get("sort") in SORTS else "rank",
        show=SHOWN_AT_FIRST if show is None else tuple(o for o in OVERLAYS if o in show.split(",")),
        place=_place(given.get("map", "")),
        force=_known(_FORCE, given.get("force", "")),
        start=int(_known(_FROM, given.get("from", "")) or 0),
    )


def link(path: str, **values: str) -> str:
    """Return an address of ours; empty values are left out, the rest is escaped."""
    query = urlencode({key: value for key, value in values.items() if value})
    return f"{path}?{query}" if query else path

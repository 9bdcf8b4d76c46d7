"""The part of `hotspots calibrate` that holds stated risks and ranks against the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from dashboards.cli.console import Console
    from risk_model.risk_calibration import Claim, RiskCheck
    from spatial.blocks import BlockMap
    from spatial.calibration import Share

__all__ = [
    "RANK_HEADERS",
    "RISK_HEADERS",
    "rank_rows",
    "risk_checks",
    "risk_rows",
    "risk_section",
]

_EVENTS = (18.0, 3.0)
"""Mean events of an area: violence of half a year in Dorset, and an offence a sixth as common."""

_PHI = (1.0, 1.6)
_ALPHA = (4.0, 20.0)
_STAGE = 3

_KIND = ("events an area", "phi", "SD of risk", "fitted to")
RISK_HEADERS = (
    *_KIND, "phi found", "95 % interval holds", "squared error", "P(RR > 1.5) >= .5", "excess_risk"
)  # fmt: skip
RANK_HEADERS = (*_KIND, "90 % rank range holds", "on the list", "beside the list")


def risk_checks(
    console: Console,
    name: str,
    population: npt.ArrayLike,
    maps: int,
    seed: int,
    blocks: BlockMap,
) -> Iterator[RiskCheck]:
    """Make up sparse and dense counts, even and bunched, of much and of little spread of risk.

    Bunched counts are fitted in the way of a run and, on the same maps, as they are.
    """
    import numpy as np

    from risk_model.risk_calibration import check_risks

    kinds = [(events, phi, alpha) for events in _EVENTS for phi in _PHI for alpha in _ALPHA]
    for number, (events, phi, alpha) in enumerate(kinds):
        console.progress(f"{name}: risks of {events:g} events an area, phi {phi:g}")
        for divided in (True, False) if phi > 1.0 else (True,):
            yield check_risks(
                population,
                seed=np.random.SeedSequence(seed, spawn_key=(_STAGE, number)),
                events_per_area=events,
                phi=phi,
                alpha=alpha,
                divided=divided,
                maps=maps,
                blocks=blocks,
            )


def risk_rows(checks: Sequence[RiskCheck]) -> list[tuple[str, ...]]:
    """Return what is said of single risks, one line a check."""
    return [
        (
            *_kind(found),
            f"{found.phi_found:.2f}",
            _share(found.interval),
            f"{found.error.value:.4f}",
            _claim(found.likely),
            _claim(found.strand),
        )
        for found in checks
    ]


def rank_rows(checks: Sequence[RiskCheck]) -> list[tuple[str, ...]]:
    """Return what is said of ranks and lists, one line a check."""
    return [
        (*_kind(found), _share(found.ranks), _claim(found.listed), _claim(found.above))
        for found in checks
    ]


def _kind(found: RiskCheck) -> tuple[str, str, str, str]:
    return (
        f"{found.events_per_area:g}",
        f"{found.phi:g}",
        f"{found.alpha**-0.5:.2f}",
        "counts / phi" if found.divided else "counts",
    )


def _share(share: Share) -> str:
    return f"{share.value:.3f} ± {share.standard_error:.3f}"


def _claim(claim: Claim) -> str:
    if not claim.per_map:
        return "0"
    true = f"{claim.true:.2f} ± {claim.standard_error:.2f}"
    return f"{claim.per_map:.2f}: {claim.stated:.2f}, {true}"


def risk_section(name: str, checks: Sequence[RiskCheck], risks: str, ranks: str) -> str:
    """Return what the document says of the two tables, and the tables."""
    first = checks[0]
    flat = max(found.flat.value for found in checks)
    return f"""
**Risks of which the truth is known**: {name}; {first.flat.maps} maps a line, residents as they are,
twelve months, {first.draws} joint draws. True relative risks are gamma with mean 1 and the standard
deviation shown; a month's count varies phi times as much as Poisson. "Counts" fits the spread of
risks to counts that are not divided by phi, on the same maps; a run divides. Claims read "areas a
map: chance stated, share true". Maps without a spread (at most {flat:.0%} of a line) are left out:
there a run says that every risk is 1.

{risks}

{ranks}
""".strip()

"""Inputs that are in order and leave nothing to score: refused, so that no run is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from risk_model.input_tables import Settings
from risk_model.layers.placing import Placed
from spatial.authorities import Authorities
from spatial.errors import Fault, InputError
from spatial.files import nearest
from spatial.incidents import Incidents
from spatial.period import Period

__all__ = ["refuse_without_coverage", "refuse_without_denominator", "refuse_without_events"]


def refuse_without_coverage(
    incidents: Incidents, settings: Settings, authorities: Authorities
) -> None:
    """Refuse a period of which no study area has a month: there is nothing to score."""
    study = incidents.study
    if incidents.covered.loc[list(study.codes)].to_numpy().any():
        return
    found = sorted({record.force for record in incidents.files if record.rows})
    months = sorted({record.month for record in incidents.files if record.rows and record.month})
    slugs = authorities.area_forces()
    wanted = sorted({slugs[code] for code in study.codes if code in slugs})
    hints = [
        f"did you mean {close!r} for {force!r}?"
        for force in found
        if force and force not in wanted and (close := nearest(force, wanted))
    ]
    span = f"{months[0]} to {months[-1]}" if months else "no named month"
    raise InputError(
        Fault(
            f"no month of {settings.period} is supplied for the study area "
            f"({', '.join(wanted) or 'any force'}); the files are of "
            f"{', '.join(force or 'no named force' for force in found) or 'no force'}, {span}; "
            + (" ".join(hints) if hints else "choose another period or supply its files"),
            field="period",
        )
    )


def refuse_without_events(incidents: Incidents, period: Period) -> None:
    """Refuse files of which no row lies in the study area: every count would be a false zero.

    Raises
    ------
    InputError
        Saying where the rows went instead.
    """
    rows = incidents.ledger.totals()
    if rows["used"]:
        return
    went = ", ".join(f"{reason} {count:,}" for reason, count in rows.items() if count)
    raise InputError(
        Fault(
            f"none of {sum(rows.values()):,} rows lies in the study area in {period} ({went}); "
            "check the area, the period, and the codes and coordinates of the files",
            field="incidents",
        )
    )


def refuse_without_denominator(
    tables: Mapping[str, Placed], codes: Sequence[str], *, settings: Settings
) -> None:
    """Refuse a table of people that has nobody in any area: no rate, score or list could be made.

    `tables` has `residents` and the other denominators, of which the setting chooses one; an area
    in square kilometres and no denominator at all need no table.

    Raises
    ------
    InputError
        Naming the file.
    """
    name = settings.risk.denominator
    if name not in tables:
        return
    if (tables[name].frame["residents"].reindex(list(codes)) > 0).any():
        return
    other = getattr(settings.inputs.denominators, name, None)
    table = settings.inputs.population if other is None else other
    raise InputError(
        Fault(
            f"none of the {len(codes):,} areas of the study area has a figure above 0, so that no "
            "rate can be calculated; name the column and the file that hold it, or set "
            "denominator: area_km2",
            file=table.path,
            field="population" if other is None else f"denominators.{name}",
        )
    )

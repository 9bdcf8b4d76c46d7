"""A priority: its offence set, indicators, list and tiers of evidence."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator

from risk_model.config.base import Category, Model, OneOf, Text, refuse
from risk_model.config.names import (
    AREA_INDICATORS,
    ATTRIBUTES,
    CRIME_INDICATORS,
    FORECAST_INDICATORS,
    INDICATORS,
    STRANDS,
)

__all__ = ["Indicator", "ListRule", "Offence", "Priority", "Tier", "Tiers"]

_OF = re.compile(r"([0-9]{1,2}) of ([0-9]{1,2})")


Attribute = Annotated[str, OneOf(ATTRIBUTES, "an attribute that a source can have")]
IndicatorName = Annotated[str, OneOf(INDICATORS, "an indicator")]
Strand = Annotated[str, OneOf(STRANDS, "a strand of evidence")]


def _value_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "<truth>"
    return "<list>" if isinstance(value, tuple) else "<text>"


AttributeValue = Annotated[
    Annotated[Text, Field(min_length=1), Tag("<text>")]
    | Annotated[bool, Tag("<truth>")]
    | Annotated[tuple[Text, ...], Field(min_length=1), Tag("<list>")],
    Discriminator(_value_kind),
]


class Offence(Model):
    """A category of an offence set, counted only where the extract's own columns say so."""

    weight: float = Field(
        1.0, ge=0, le=100_000, description="How much one event counts; 0 leaves it out."
    )
    where: dict[Attribute, AttributeValue] = Field(
        default_factory=dict,
        description="Only rows whose attribute has this value, or one of these values. "
        f"Attributes: {', '.join(ATTRIBUTES)}; a source must have the column. "
        "domestic_abuse, weapon and public_place are yes or no; time_band is 00-06, 06-12, 12-18 "
        "or 18-24.",
    )


def _offence_kind(value: Any) -> str:
    return "<filtered>" if isinstance(value, dict | Offence) else "<plain>"


def _offences_kind(value: Any) -> str:
    return "<set>" if isinstance(value, dict) else "<harm>"


OffenceWeight = Annotated[
    Annotated[float, Field(ge=0, le=100_000), Tag("<plain>")]
    | Annotated[Offence, Tag("<filtered>")],
    Discriminator(_offence_kind),
]
Offences = Annotated[
    Annotated[Literal["harm"], Tag("<harm>")]
    | Annotated[dict[Category, OffenceWeight], Tag("<set>")],
    Discriminator(_offences_kind),
]


class Indicator(Model):
    """One indicator of a priority's score."""

    weight: float = Field(
        1.0,
        ge=0,
        le=1_000_000,
        description="How much the indicator counts: 0 or more. The weights of a priority are "
        "rescaled to sum to 1; a weight is a judgement.",
    )
    direction: Literal["higher_is_worse", "lower_is_worse"] = Field(
        "higher_is_worse", description="Which end of the indicator means more risk."
    )
    normalise: Literal["rank", "zscore", "minmax", "exponential"] = Field(
        "rank",
        description="How values become comparable: rank (percentile rank, not moved by extremes), "
        "zscore, minmax, or exponential (as in the Indices of Deprivation: stretches the worst).",
    )
    why: Text = Field(
        "", description="The reason for this indicator and its weight, shown to readers."
    )


class ListRule(Model):
    """The list of a priority, and how areas enter and leave it from refresh to refresh."""

    size: int = Field(10, ge=1, le=1000, description="How many areas the list holds.")
    enter: Text = Field(
        "2 of 3",
        description="An area enters when it stands among the first on k of the last n refreshes, "
        "written `k of n`. The areas of the first refresh of all enter provisionally.",
    )
    leave: Text = Field(
        "0 of 3",
        description="An area leaves at k or fewer of the last n refreshes, written `k of n`; "
        "a lower bar than `enter`, so that areas do not come and go by chance.",
    )
    review_months: int = Field(
        6,
        ge=1,
        le=60,
        description="After how many months a listed area is reviewed: it stays only where it meets "
        "the bar of `enter` again.",
    )

    @field_validator("enter", "leave")
    @classmethod
    def _k_of_n(cls, text: str) -> str:
        match = _OF.fullmatch(text)
        if match is None or int(match[1]) > int(match[2]) or int(match[2]) < 1:
            raise refuse(f"'{text}' is not k of n with k at most n; write it as 2 of 3")
        return text

    @property
    def enter_of(self) -> tuple[int, int]:
        """On how many of how many refreshes an area must be listed to enter."""
        return _k_n(self.enter)

    @property
    def leave_of(self) -> tuple[int, int]:
        """At how many of how many refreshes, or fewer, an area leaves."""
        return _k_n(self.leave)

    @property
    def enter_share(self) -> float:
        """The share of refreshes on which an area must be listed to enter."""
        return _share(self.enter)

    @property
    def leave_share(self) -> float:
        """The share of refreshes at or below which an area leaves."""
        return _share(self.leave)


def _k_n(k_of_n: str) -> tuple[int, int]:
    k, _, n = k_of_n.partition(" of ")
    return int(k), int(n)


def _share(k_of_n: str) -> float:
    k, n = _k_n(k_of_n)
    return k / n


_NEEDS = f"Strands that must all hold. Strands: {', '.join(STRANDS)}."
_PLUS_ANY = "Strands of which at least one must hold; empty asks for none."
_SENTENCE = "The tier in one plain sentence, shown to readers."


class Tier(Model):
    """What an area must show to reach a tier, and the sentence that says so."""

    needs: tuple[Strand, ...] = Field((), description=_NEEDS)
    plus_any: tuple[Strand, ...] = Field((), description=_PLUS_ANY)
    sentence: Text = Field("", min_length=1, description=_SENTENCE)


class Strong(Tier):
    """Several kinds of evidence agree."""

    needs: tuple[Strand, ...] = Field(("top_k", "excess_risk"), description=_NEEDS)
    plus_any: tuple[Strand, ...] = Field(
        ("cluster", "density", "persistent"), description=_PLUS_ANY
    )
    sentence: Text = Field(
        "Almost certainly among the highest-risk areas, well above what its population would lead "
        "one to expect, and borne out by a third kind of evidence.",
        min_length=1,
        description=_SENTENCE,
    )


class Supported(Tier):
    """The rank is firm, and one more kind of evidence supports it."""

    needs: tuple[Strand, ...] = Field(("top_k",), description=_NEEDS)
    plus_any: tuple[Strand, ...] = Field(("excess_risk", "persistent"), description=_PLUS_ANY)
    sentence: Text = Field(
        "Very likely among the highest-risk areas, and supported by one further kind of evidence.",
        min_length=1,
        description=_SENTENCE,
    )


class Watch(Tier):
    """Something points here."""

    plus_any: tuple[Strand, ...] = Field(("top_k", "excess_risk", "cluster"), description=_PLUS_ANY)
    sentence: Text = Field(
        "Something points here, but not enough to act on by itself. Look again at the next "
        "refresh.",
        min_length=1,
        description=_SENTENCE,
    )


class NotEvidenced(Tier):
    """Every other area."""

    sentence: Text = Field(
        "Too little sets this area apart: it is not surely among the first, not clearly above its "
        "expected count, and in no cluster. That is not proof of low risk.",
        min_length=1,
        description=_SENTENCE,
    )


class Tiers(Model):
    """The tiers of evidence, highest first; an area gets the first whose conditions hold."""

    strong: Strong = Field(Strong(), description="Flagged: several kinds of evidence agree.")
    supported: Supported = Field(
        Supported(),
        description="Flagged: the rank is firm and one more kind of evidence supports it.",
    )
    watch: Watch = Field(Watch(), description="Not flagged: one kind of evidence points here.")
    not_evidenced: NotEvidenced = Field(
        NotEvidenced(),
        description="Everything else. It has no conditions, so that every area gets a tier.",
    )


class Priority(Model):
    """One priority of the strategy: its offences, indicators, list and tiers."""

    title: Text = Field("High-harm offending", min_length=1, description="The name people see.")
    aim: Text = Field("", description="What the list is for, in the strategy's words.")
    offences: Offences = Field(
        "harm",
        description="The offence set. `harm`: every category by its weight in the harm weights "
        "file, police-generated categories left out when they are context. Or categories with a "
        "weight each: `{robbery: 1}`, or `{robbery: {weight: 1, where: {weapon: yes}}}` where the "
        "extract has the column. A category that is not named is not counted.",
    )
    indicators: dict[IndicatorName, Indicator] = Field(
        default_factory=lambda: {
            "harm_rate": Indicator(weight=0.5, why="harm, not volume"),
            "persistence": Indicator(weight=0.25, why="lasting, not a single bad month"),
            "deprivation_without_crime": Indicator(weight=0.25, why="need, free of crime counts"),
        },
        description=f"The indicators of the score. From crime: {', '.join(CRIME_INDICATORS)}. "
        f"Learned from crime and place, for the six months after the period: "
        f"{', '.join(FORECAST_INDICATORS)} (beside others they count the same thing twice). "
        f"From official tables: {', '.join(AREA_INDICATORS)}.",
    )
    aggregate: Literal["arithmetic", "geometric"] = Field(
        "arithmetic",
        description="How indicators become a score: arithmetic lets a high one make up for a low "
        "one; geometric does so less.",
    )
    list: ListRule = Field(ListRule(), description="The list, and how areas enter and leave it.")
    tiers: Tiers = Field(Tiers(), description="The tiers of evidence, highest first.")

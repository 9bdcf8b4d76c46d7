"""The settings that all priorities share: bars, draws, statistics, density."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from risk_model.config.base import Category, Model

__all__ = [
    "Density",
    "Evidence",
    "Forecasting",
    "Guards",
    "Missing",
    "PoliceGenerated",
    "Rurality",
    "Statistics",
    "Uncertainty",
]


def share(default: float, description: str) -> Any:
    """Return a field for a share above 0 and at most 1."""
    return Field(default, gt=0.0, le=1, description=description)


class PoliceGenerated(Model):
    """Offences that follow where officers look, and what is done with them."""

    categories: tuple[Category, ...] = Field(
        ("drugs", "possession_of_weapons"),
        description="Categories that are recorded mostly because officers looked; any of the 14 of "
        "data.police.uk, such as drugs.",
    )
    use: Literal["context", "driver"] = Field(
        "context",
        description="context: shown beside the score, never in it. driver: counted like any "
        "other offence, and the run says so.",
    )


class Guards(Model):
    """What keeps an artefact of recording from being taken for risk."""

    artefact_veto: Literal["entered", "entered_and_detected", "none"] = Field(
        "entered",
        description="Which artefacts (a prison, hospital, police station, shops) keep an area "
        "from being flagged: those that a person entered in the artefacts file, also those "
        "detected from a map point's name, or none. Never silent: the reason is published.",
    )
    map_point_share: float = share(
        0.5,
        "A detected artefact: one map point of such a kind holds at least this share of the "
        "area's events.",
    )
    map_point_events: int = Field(
        20,
        ge=1,
        le=100_000,
        description="A detected artefact: an area with fewer events is not judged.",
    )
    police_generated_growth: float = Field(
        0.1,
        ge=0,
        le=10,
        description="Alarm: the police-generated share of recorded crime grew by more than this "
        "share of itself since the previous run (0.1: from 5 % to more than 5.5 %) ...",
    )
    police_generated_alpha: float = Field(
        0.01,
        gt=0,
        le=0.2,
        description="... and by more than chance makes of it at this level (one-sided).",
    )
    feedback_alpha: float = Field(
        0.05,
        gt=0,
        le=0.2,
        description="Feedback note: recorded offences of an area flagged before rose against the "
        "study area by more than chance makes of it at this level (one-sided).",
    )
    min_flags: int = Field(
        5,
        ge=1,
        le=1000,
        description="Equity table: with fewer flagged areas nothing is said about their share.",
    )
    agreement_probability: float = share(
        0.95,
        "Other sources: a source, the police among them, is high where the chance that its rate "
        "is above the study area's is at least this.",
    )


Stratum = Literal["urban", "rural"]


def _no_uplift() -> dict[Stratum, float]:
    return {"rural": 1.0}


class Rurality(Model):
    """How town and country are told apart."""

    strata: tuple[Stratum, ...] = Field(
        ("urban", "rural"),
        description="The groups within which areas are ranked as well as overall. Empty: none.",
    )
    shrink_to: Literal["study_area", "stratum"] = Field(
        "study_area",
        description="The mean towards which the rates of small areas are shrunk.",
    )
    under_reporting_uplift: dict[Stratum, Annotated[float, Field(ge=1, le=3)]] = Field(
        default_factory=_no_uplift,
        description="Multiplies smoothed victim-reported rates before they are normalised: "
        "never counts, never tests. 1 = none; from 1 to 3. Stated by every run that uses it.",
    )


class Evidence(Model):
    """The bars that the strands of evidence have to clear."""

    top_k: float = share(
        0.8, "Strand top_k: the probability of being on a list of this size is at least this."
    )
    excess_ratio: float = Field(
        1.5,
        ge=1,
        le=10,
        description="Strand excess_risk: the relative risk that has to be exceeded.",
    )
    excess_probability: float = share(
        0.8, "Strand excess_risk: the probability of exceeding that ratio is at least this."
    )
    min_events: int = Field(
        5,
        ge=1,
        le=1000,
        description="Strands excess_risk and density: fewer events are too few to say.",
    )
    density_share: float = share(
        0.5, "Strand density: at least this share of the area's events lies in hot-spot cells."
    )


class Uncertainty(Model):
    """How the uncertainty of scores and ranks is drawn."""

    draws: int = Field(
        2000,
        ge=100,
        le=100_000,
        description="Draws of risks and weights; 1,000 or more to publish.",
    )
    weights: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Each draw multiplies each weight by 1 plus or minus up to this share.",
    )
    seed: int = Field(
        20261122, ge=0, le=2**53, description="The seed of every random number of a run."
    )


class Statistics(Model):
    """Neighbours, local Moran and small-area smoothing."""

    neighbours: Literal["queen", "rook", "distance"] = Field(
        "queen",
        description="queen: areas that share a border or a corner; rook: a border; distance: areas "
        "whose middles lie within distance_m.",
    )
    distance_m: float = Field(
        5000.0,
        ge=100,
        le=50_000,
        description="With neighbours: distance, how far the middle of a neighbour may lie, in "
        "metres. Areas with none within it are not tested: rural areas need kilometres.",
    )
    distance_weights: Literal["equal", "inverse"] = Field(
        "equal",
        description="With neighbours: distance, what a neighbour counts for local and global "
        "Moran: equal; inverse: one over its distance (100 m at least), row-standardised, tested "
        "against each area's own null, which is slow. Gi* and all else count neighbours equal.",
    )
    ring: Annotated[
        Annotated[Literal["contiguous", "none"], Tag("<word>")]
        | Annotated[float, Field(gt=0, le=50_000), Tag("<metres>")],
        Discriminator(lambda value: "<word>" if isinstance(value, str) else "<metres>"),
    ] = Field(
        "contiguous",
        description="Areas outside the study area that statistics may look at: contiguous (those "
        "that touch it), none, or a distance in metres. They are never reported or ranked.",
    )
    permutations: int = Field(
        99_999,
        ge=9_999,
        le=9_999_999,
        description="Random arrangements behind each p-value. With fewer than 9,999 the smallest "
        "possible p is too large to survive the correction for many tests.",
    )
    alpha: float = Field(0.05, gt=0, lt=1, description="Significance level, after the correction.")
    correction: Literal["benjamini-hochberg", "none"] = Field(
        "benjamini-hochberg",
        description="Correction for testing every area: benjamini-hochberg holds the share of "
        "false discoveries to alpha.",
    )
    alternative: Literal["two-sided", "greater", "less"] = Field(
        "two-sided",
        description="What local Moran and Gi* look for. two-sided: like and unlike neighbours, hot "
        "and cold spots. greater: areas like their neighbours (High-High, Low-Low) and hot spots "
        "alone. less: areas unlike their neighbours (High-Low, Low-High) and cold spots alone; no "
        "area can then be High-High or hot, so the cluster strands of the evidence hold nowhere. "
        "One side makes half the p-value, so what it looks for is found more easily. Monthly "
        "patterns and the support check's rule of counts stay two-sided.",
    )
    smoothing: Literal["gamma_poisson", "marshall", "local_marshall"] = Field(
        "gamma_poisson",
        description="How rates of few events are shrunk: gamma_poisson (Clayton and Kaldor 1987), "
        "marshall (global empirical Bayes) or local_marshall (towards an area and its neighbours). "
        "Relative risks, their intervals and all draws stay gamma_poisson.",
    )
    engine: Literal["exact", "esda"] = Field(
        "exact",
        description="exact: our conditional permutation; esda: the library's loop for local Moran "
        "and Gi*, slower, to check against.",
    )


class Density(Model):
    """The kernel density surface and its hot-spot polygons."""

    kernel: Literal["quartic", "gaussian"] = Field(
        "quartic", description="The shape of the kernel."
    )
    bandwidth: Literal["fixed", "cross_validated", "adaptive"] = Field(
        "fixed",
        description="fixed: bandwidth_m everywhere; cross_validated: of the bandwidths from half "
        "to twice bandwidth_m the one under which each recorded point is likeliest given the "
        "others, for each priority; adaptive: narrower where events are many and wider where they "
        "are few (Abramson), bandwidth_m on average.",
    )
    bandwidth_m: float = Field(
        1000.0,
        ge=50,
        le=20_000,
        description="The reach of the kernel in metres; where the bandwidth is cross_validated, "
        "the middle of what is tried, and what is used where events are too few to choose.",
    )
    cell_m: float = Field(
        100.0,
        ge=10,
        le=4_000,
        description="The grid cell in metres; at most a fifth of the bandwidth.",
    )
    edge: Literal["land", "none"] = Field(
        "land",
        description="land: density is divided by the part of the kernel that lies on land; "
        "none: no correction.",
    )
    volume_share: float = Field(
        0.25,
        gt=0,
        lt=1,
        description="Hot-spot cells are the fewest that hold this share of the density.",
    )


def _null(value: Any) -> Any:
    """Take the YAML null, which is how people write it, for the word."""
    return "null" if value is None else value


Factor = Annotated[float, Field(gt=0, le=10)]


def _no_season() -> dict[Category, tuple[Factor, ...]]:
    return {}


class Forecasting(Model):
    """What the expected events of the coming months are told beside the incidents."""

    seasonal_factors: dict[
        Category, Annotated[tuple[Factor, ...], Field(min_length=12, max_length=12)]
    ] = Field(
        default_factory=_no_season,
        description="For a category twelve factors, January to December, of its recorded events "
        "in a month over those of an average month. A category without is expected at the season "
        "of the period, and the run says so.",
    )


class Missing(Model):
    """What happens where a table has no value for an area."""

    deprivation: Annotated[Literal["drop_component", "null"], BeforeValidator(_null)] = Field(
        "drop_component",
        description="drop_component: the other weights are rescaled and the area is flagged; "
        "null: the area gets no score.",
    )

"""What a weighting is: a named, versioned way from what is known about slices to weights, with what it reads and costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resonance.core.errors import ConfigError
from resonance.core.quotes import advise_quotes, describe_quotes

NAME = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
SIGNAL = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"
NOTHING = "no model and no forward pass beyond those of every round"
ONE_MODEL_A_FOLD = "every round one reference model more for each of cross_fit.folds, and a forward pass over what the round drew"
TUNED_TOO = f"{ONE_MODEL_A_FOLD}; then each of them tuned on tune.slices, and another pass"
TWO_GLANCES = "before each draw two forward passes over the first appraise.characters of appraise.reach times what it draws"


class Parameters(BaseModel):
    """The parameters of one kind of weighting, with what the kind reads and what that costs."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    READS: ClassVar[tuple[str, ...]] = ()
    """Columns of tables about slices, as ``table.column``; a kind that reads none asks for the same shares in every round."""
    READS_SAMPLES: ClassVar[tuple[str, ...]] = ()
    """Columns about single samples; a kind that reads none draws all documents of a slice alike."""
    COST: ClassVar[str] = NOTHING

    @property
    def reads(self) -> tuple[str, ...]:
        """What it reads about slices with these parameters."""
        return self.READS

    @property
    def reads_samples(self) -> tuple[str, ...]:
        """What it reads about samples with these parameters."""
        return self.READS_SAMPLES

    @property
    def sets(self) -> tuple[str, ...]:
        """The signal sets that it reads about samples: they are measured of all texts."""
        return ()


class Uniform(Parameters):
    """Slices are drawn in proportion to the text that is at hand, so that every document is as likely as any other."""

    kind: Literal["uniform"] = "uniform"


class Stratified(Parameters):
    """All slices get equal shares."""

    kind: Literal["stratified"] = "stratified"


class AboveMean(Parameters):
    """Slices whose loss stands above the mean of all slices are drawn more."""

    READS = ("slice_state.bpb",)
    kind: Literal["above_mean"] = "above_mean"
    temperature: float = Field(2.0, gt=0, description="weights go with (floor + utility)^(1/temperature)")
    utility_floor: float = Field(0.25, gt=0, description="the floor in that formula: utility that even the easiest slice has")
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly")


class DoReMi(Parameters):
    """Weights grow by a factor a round, the larger the further a slice's loss stands above that of reference models."""

    READS = ("slice_excess.excess",)
    COST = ONE_MODEL_A_FOLD
    kind: Literal["doremi"] = "doremi"
    step: float = Field(1.0, gt=0, description="weights are multiplied by exp(step * excess bits per byte)")
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly")


class PerplexityBand(Parameters):
    """Slices whose loss lies in the middle of all slices are drawn more than those at both ends."""

    READS = ("slice_state.bpb",)
    kind: Literal["perplexity_band"] = "perplexity_band"
    low: float = Field(0.25, ge=0, le=1, description="rank among slices, from 0 (easiest) to 1, at which the band begins")
    high: float = Field(0.75, ge=0, le=1, description="rank at which it ends")
    outside: float = Field(0.25, ge=0, le=1, description="pull of slices outside of the band, where 1 is that of slices inside")

    @model_validator(mode="after")
    def _is_a_band(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"low must be less than high (got {self.low:g} and {self.high:g})")
        return self


class NaiveHighLoss(Parameters):
    """The harder a document is among all, the more it is drawn. A control that should fail: what is hard is often junk."""

    READS_SAMPLES = ("appraisals.bpb",)
    COST = TWO_GLANCES
    kind: Literal["naive_high_loss"] = "naive_high_loss"
    power: float = Field(2.0, gt=0, description="documents are drawn in proportion to (share of documents that are easier)^power")


class Rho(Parameters):
    """Of each slice the documents that stand furthest above models which never saw them are drawn at full rate."""

    READS_SAMPLES = ("excess_loss.excess",)
    COST = ONE_MODEL_A_FOLD
    kind: Literal["rho"] = "rho"
    keep: float = Field(0.5, gt=0, le=1, description="share of a slice's scored documents that is drawn at full rate")
    least: float = Field(0.1, ge=0, le=1, description="part of that rate at which the others are drawn")


class Color(Parameters):
    """Of each slice the documents that tuning on the target slices makes easier most are drawn at full rate."""

    READS_SAMPLES = ("excess_loss.target_gain",)
    COST = TUNED_TOO
    kind: Literal["color"] = "color"
    keep: float = Field(0.5, gt=0, le=1, description="share of a slice's scored documents that is drawn at full rate")
    least: float = Field(0.1, ge=0, le=1, description="part of that rate at which the others are drawn")


class Resonance(Parameters):
    """Slices get equal shares at first; samples that are probably at fault, or that many others are like, are drawn less.

    With a ``step`` slices on whose new texts the round before made progress are drawn more.

    With ``repair`` a sample whose label models doubt is drawn as others are, and taught with the label that they suggest.
    """

    READS = ("slice_state.progress", "slice_state.progress_error")
    READS_SAMPLES = ("repairs.posterior", "appraisals.posterior", "appraisals.alike")
    COST = TWO_GLANCES
    kind: Literal["resonance"] = "resonance"
    step: float = Field(0.0, ge=0, description="weights are multiplied by exp(step * progress in bits per byte); 0: equal shares")
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly, where weights move")
    least: float = Field(0.1, ge=0, le=1, description="part of its slice's rate that every sample keeps")
    repair: bool = Field(False, description="teach the suggested label where it is likelier than all others together")

    @property
    def reads(self) -> tuple[str, ...]:
        """Nothing about slices where they keep equal shares."""
        return self.READS if self.step else ()


class ByScore(Parameters):
    """Slices get equal shares; of each, documents are drawn at a part of its rate that a stored signal says, such as a score.

    A document of which the signal is not known is drawn at the least rate.
    """

    READS_SAMPLES = ("signals",)
    kind: Literal["by_score"] = "by_score"
    signal: str = Field("classifier.score", pattern=SIGNAL, description="the signal, as set.signal")
    least_at: float = Field(0.0, description="of a number, the value that is drawn at the least rate, as is what lies beyond")
    full_at: float = Field(0.5, description="the value that is drawn at full rate, as is what lies beyond; between, in proportion")
    rates: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        {}, description="of a signal of labels, the part of the rate by label; full for labels that are not named"
    )
    least: float = Field(0.1, ge=0, le=1, description="part of its slice's rate that every document keeps")

    @model_validator(mode="after")
    def _has_two_ends(self) -> Self:
        if self.least_at == self.full_at:
            raise ValueError(f"least_at and full_at must differ (both are {self.full_at:g})")
        return self

    @property
    def reads_samples(self) -> tuple[str, ...]:
        """The signal."""
        return (f"signals_{self.signal}",)

    @property
    def sets(self) -> tuple[str, ...]:
        """Its set."""
        return (self.signal.partition(".")[0],)


class ByQuality(Parameters):
    """Slices whose documents an assessment scores higher are drawn more."""

    READS = ("quality_metric.score",)
    kind: Literal["by_quality"] = "by_quality"
    group: int = Field(0, ge=0, le=12, description="number of the group of metrics whose score counts; 0: the total")
    power: float = Field(1.0, gt=0, description="weights go with score^power")
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly")


Kind = Uniform | Stratified | AboveMean | DoReMi | PerplexityBand | NaiveHighLoss | Rho | Color | Resonance | ByScore | ByQuality
KINDS: tuple[type[Parameters], ...] = get_args(Kind)


class Weighting(BaseModel):
    """One kind of weighting with its parameters, under a name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=NAME)
    version: int = Field(1, ge=1)
    parameters: Annotated[Kind, Field(discriminator="kind")]

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name}@{self.version}"

    @property
    def is_fixed(self) -> bool:
        """Whether it asks for the same shares in every round, whatever the losses."""
        return not self.parameters.reads

    @property
    def weighs_samples(self) -> bool:
        """Whether documents of one slice are drawn at different rates."""
        return bool(self.parameters.reads_samples)

    @property
    def reads_signals(self) -> bool:
        """Whether it weighs documents by what ``clean`` measured of them: before any model is there."""
        return bool(self.parameters.sets)

    @property
    def tables(self) -> frozenset[str]:
        """The tables that it reads besides those of every plan."""
        return frozenset(column.partition(".")[0] for column in self._columns)

    @property
    def cost(self) -> str:
        """What it reads, and what that costs beyond a round's own work, in words."""
        reads = ", ".join(self._columns) or "no losses"
        return f"reads {reads}; costs {self.parameters.COST}"

    @property
    def _columns(self) -> tuple[str, ...]:
        return (*self.parameters.reads, *self.parameters.reads_samples)


def parse(content: object, where: str) -> Weighting:
    """The weighting that ``content`` describes: its name, version, kind and parameters.

    Args:
        content: keys and values.
        where: what the error calls the weighting: its name or file.

    Raises:
        ConfigError: one line that lists every problem.
    """
    if not isinstance(content, Mapping):
        said = "must hold keys and values: name, version, kind and parameters"
        raise ConfigError(f"weighting {where}: {said}{describe_quotes(content)}")
    problems = list(_find_problems(content))
    if not problems:
        given = {"name": content["name"], "version": content["version"]}
        try:
            return Weighting.model_validate(given | {"parameters": {**(content.get("parameters") or {}), "kind": content["kind"]}})
        except ValidationError as error:
            problems = [_describe_problem(e, content["kind"]) for e in error.errors()]
    raise ConfigError(f"weighting {where}: {'; '.join(problems)}")


def _find_problems(content: Mapping[Any, Any]) -> Iterator[str]:
    keys, needed = ("name", "version", "kind", "parameters"), ("name", "version", "kind")
    yield from (f"unknown key {key}: there are {', '.join(keys)}" for key in content if key not in keys)
    yield from (f"{key} is missing" for key in needed if key not in content)
    kinds = {cls.model_fields["kind"].default: cls for cls in KINDS}
    given = content.get("parameters") or {}
    if not isinstance(given, Mapping):
        yield "parameters must hold keys and values"
    elif "kind" in content and (not isinstance(content["kind"], str) or content["kind"] not in kinds):
        yield f"unknown kind {content['kind']}: choose one of {', '.join(kinds)}"
    elif "kind" in content:
        known = [name for name in kinds[content["kind"]].model_fields if name != "kind"]
        there = f"there are {', '.join(known)}" if known else "it has none"
        yield from (f"kind {content['kind']} has no parameter {key}: {there}" for key in given if key not in known)


def _describe_problem(error: Mapping[str, Any], kind: str) -> str:
    key = ".".join(str(part) for part in error["loc"] if part != kind)
    said = error["msg"].removeprefix("Value error, ")
    return f"{key}: {said}" if error["type"] == "value_error" else f"{key}: {said} (got {error['input']!r}){advise_quotes(error)}"

"""Every setting of the product, typed: one frozen model that is complete before Spark starts.

Defaults stand here; ``conf/`` and the command line lay over them (``runtime.conf``). What a job is handed is one section.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from resonance.core.policy import Policy

SignalSet = Literal["basics", "line_languages", "datatrove", "dolma", "dclm"]


MOST_HASHES = 16_384
"""Minima that a signature holds: 64 KiB of them for each of the texts that a worker signs together."""


class Settings(BaseModel):
    """A frozen group of settings that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset()
    """Keys that results do not depend on."""

    def effective(self) -> dict[str, Any]:
        """The values that results depend on, as JSON has them."""
        values = self.model_dump(mode="json", exclude=set(self.WITHOUT_EFFECT))
        return values | {name: value.effective() for name, value in self if name in values and isinstance(value, Settings)}


class SparkSettings(Settings):
    """The engine and its session. ``local[…]`` masters get settings for a laptop; others keep the cluster's own."""

    engine: Literal["embedded", "spark"] | None = Field(
        None,
        description="embedded (in this process) or spark; where empty, spark if a cluster, session, master or catalog is given",
    )
    master: str = Field("", description="where Spark runs; this machine, local[*], where empty")
    driver_memory: str = "4g"
    shuffle_partitions: int = Field(2, ge=1)
    conf: dict[str, str] = {}


TASK_FIELDS = frozenset({"label", "instruction", "input", "output", "messages", "prompt", "completion"})
"""Usual names of the fields that a row teaches by."""


class TaskSettings(Settings):
    """What a model learns from a row: to say its text, to name its label, or to give its answer."""

    kind: Literal["language", "classification", "instruction"] = "language"
    labels: tuple[str, ...] = Field((), max_length=64, description="every label of a classification, at most 64")
    words: bool = Field(False, description="name a label by its first token in the language model, instead of by a head of its own")
    form: Literal["instruction", "messages", "completion"] = Field(
        "instruction",
        description="fields of an instruction row: instruction, input and output; messages; prompt and completion",
    )
    fields: dict[str, str] = Field({}, description="names of fields where they differ: label, output, messages, completion …")
    template: Literal["plain", "tokenizer"] = Field(
        "plain", description="how messages become one prompt: role and text by line, or the pretrained tokenizer's chat template"
    )

    @model_validator(mode="after")
    def _can_be_learnt(self) -> TaskSettings:
        """Refuses what nothing can be learnt from before anything runs."""
        if self.kind == "classification" and len(set(self.labels)) < max(len(self.labels), 2):
            raise ValueError("a classification needs task.labels: two or more, each once")
        if unknown := sorted(self.fields.keys() - TASK_FIELDS):
            raise ValueError(f"task.fields knows no {', '.join(unknown)}; it may rename {', '.join(sorted(TASK_FIELDS))}")
        return self

    @property
    def heads(self) -> tuple[str, ...]:
        """The labels that a model needs a head for."""
        return self.labels if self.kind == "classification" and not self.words else ()

    def field(self, name: str) -> str:
        """What the field of this usual name is called in the rows."""
        return self.fields.get(name, name)


class IngestSettings(Settings):
    """Where texts come from and which fields hold them."""

    inputs: tuple[str, ...] = ()
    demo: bool = False
    demo_documents: int = Field(22_000, ge=1, description="read at least this many demo documents, where there are as many")
    text_field: str = "text"
    id_field: str | None = None
    source_field: str | None = None
    slice_field: str | None = None
    source: str = Field("files", description="source of rows that name none")
    keep_raw: bool = True
    max_text_bytes: int = Field(20_000_000, ge=1, description="longer texts are quarantined")
    min_slice_documents: int = Field(200, ge=1, description="smaller slices join other/<kind>")


class CleanSettings(Settings):
    """What is measured of cleaned texts, and what rewrites them. The policy's signal sets join those that are named here."""

    sets: tuple[SignalSet, ...] = Field(
        ("basics",), description="signal sets to measure; none by default where the policy has no rules"
    )
    rewrite: Literal["none", "c4_lines"] = Field("none", description="rules that rewrite texts; the policy's where none is named")


class JudgeSettings(Settings):
    """Which rules cut texts. Configuration may name a policy, or a file that holds one: it is read before anything runs."""

    policy: Policy = Policy()


class DedupeSettings(Settings):
    """Which duplicates are looked for."""

    method: Literal["minhash", "exact", "none"] = "minhash"
    bands: int = Field(14, ge=1)
    rows: int = Field(8, ge=1)
    shingle_words: int = Field(5, ge=1, description="words in a shingle; characters where a script puts no space between words")
    profile: Literal["resonance", "datatrove"] = Field(
        "resonance",
        description="normal form of words: resonance (NFKC, case, accents, traditional Chinese as simplified) or that of datatrove",
    )
    near: Literal["verified", "connected"] = Field(
        "verified",
        description="verified: cut what is like a document that stays, by exact Jaccard; connected: all but one of a near cluster",
    )
    jaccard: float = Field(0.7, gt=0, le=1, description="least similarity of a verified near duplicate to the one that stays")
    scope: Literal["global", "source", "batch"] = Field(
        "global", description="what is compared with each other: all, or what shares this"
    )
    priority: tuple[str, ...] = Field((), description="sources whose documents stay before those of others, the first before all")
    max_rounds: int = Field(50, ge=1, description="rounds of connected components, and of large ones settled, before giving up")

    @model_validator(mode="after")
    def _holds(self) -> DedupeSettings:
        """Refuses what no signature can hold before anything runs."""
        if self.bands * self.rows > MOST_HASHES:
            raise ValueError(f"{self.bands} bands of {self.rows} rows are more hashes than the {MOST_HASHES} of a signature")
        return self

    def detection(self, similarity: float) -> float:
        """How likely two texts of this Jaccard similarity are met (Leskovec et al., Mining of Massive Datasets, 3.4.2)."""
        return 1 - (1 - float(similarity**self.rows)) ** self.bands


class DecontaminateSettings(Settings):
    """When a document holds a registered evaluation item nearly; runs of 13 words or 30 characters are sought in any case."""

    containment: float = Field(0.4, gt=0, le=1, description="least share of an item's character 5-grams in a stretch of its length")


class ScoreSettings(Settings):
    """The quality score's own parameters."""

    head_words: int = Field(1_000, ge=1, description="words over which unique words are counted")


class PolicySettings(Settings):
    """How losses become weights. Figures as in the policy above_mean@1."""

    name: Literal["above_mean@1"] = "above_mean@1"
    temperature: float = Field(2.0, gt=0, description="weights go with (floor + utility)^(1/temperature)")
    utility_floor: float = Field(0.25, gt=0)
    smoothing: float = Field(0.01, ge=0, lt=1, description="share of the weight that is spread evenly")
    max_change: float = Field(2.0, gt=1, description="a weight changes by at most this factor a round")
    max_total_change: float = Field(3.0, gt=1, description="and by this factor from its prior")
    floor: float = Field(0.1, ge=0, lt=1, description="no slice falls below this share of its uniform weight")
    max_exposures: float = Field(4.0, gt=0, description="expected draws of a document over all rounds")


class RebalanceSettings(Settings):
    """How large a draw is."""

    tokens: int = Field(300_000, ge=1, le=10**15, description="expected tokens an arm trains on in a round")
    bytes_per_token: float = Field(3.0, gt=0, description="estimate that turns tokens into bytes")
    epochs: int = Field(1, ge=1, le=1_000, description="passes over the draw of a round; the tokens are those of all of them")
    sampler: Literal["poisson", "fixed"] = Field(
        "poisson", description="poisson: each document by its own chance, so that the size varies; fixed: as many of each slice"
    )
    heldout_share: float = Field(0.05, gt=0, lt=1, description="share of duplicate clusters that are never drawn")


class TrainSettings(Settings):
    """Model, optimizer and launch."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"launch", "ranks", "threads", "start_timeout", "max_skipped_steps"})
    """How many processes, and when to give up: results agree within floating point."""

    launch: Literal["horovod", "spark", "torch", "inline"] = Field(
        "horovod", description="ranks by horovodrun, by Horovod on Spark executors, by torchrun, or one in this process"
    )
    ranks: int = Field(2, ge=1)
    threads: int = Field(1, ge=1, description="threads of a rank")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="what a model trains in; auto: bfloat16 on GPUs, else float32. It is kept, summed up and scored in float32",
    )
    start_timeout: int = Field(120, ge=1, description="seconds to wait for ranks to start")
    model: str = Field("", description="folder of a pretrained transformers model to go on from; empty builds a small one")
    lora_rank: int = Field(0, ge=0, description="rank of low-rank adapters on a pretrained model; 0 trains all of it")
    vocabulary: int = Field(2_048, ge=300)
    tokenizer_bytes: int = Field(20_000_000, ge=1)
    window: int = Field(128, ge=8, description="tokens of one window")
    hidden: int = Field(96, ge=8)
    layers: int = Field(2, ge=1)
    heads: int = Field(4, ge=1)
    documents_per_step: int = Field(16, ge=1, description="positions of one global batch")
    rows_per_pass: int = Field(16, ge=1, description="packed windows of one forward pass")
    learning_rate: float = Field(3e-3, gt=0)
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the budget over which the rate rises")
    weight_decay: float = Field(0.1, ge=0)
    clip: float = Field(1.0, gt=0)
    checkpoint_steps: int = Field(50, ge=1)
    log_share: float = Field(1.0, gt=0, le=1, description="share of documents whose events are kept, by hash; slices sum up all")
    max_skipped_steps: int = Field(
        10, ge=0, description="steps without a finite loss or gradient that a training may skip, or documents of a scoring"
    )
    early_stop_patience: int = Field(0, ge=0, description="checkpoints without a better loss before training stops; 0 is off")

    @model_validator(mode="after")
    def _adapts_what_there_is(self) -> TrainSettings:
        """Refuses adapters without a model."""
        if self.lora_rank and not self.model:
            raise ValueError("train.lora_rank adapts a pretrained model; name its folder in train.model")
        return self


class ScoreModelSettings(Settings):
    """Scoring at a fixed checkpoint."""

    max_heldout_documents: int = Field(2_000, ge=1, description="held-out documents scored, by hash")


class CrossFitSettings(Settings):
    """Reference models that never saw what they score."""

    folds: int = Field(2, ge=2, le=16, description="parts of the drawn documents; one model is trained for each, on the others")
    clip: tuple[float, float] = Field((0.01, 0.95), description="percentiles of a slice beyond which excess losses are cut off")

    @model_validator(mode="after")
    def _cuts_at_the_ends(self) -> CrossFitSettings:
        """Refuses percentiles that are none."""
        if not 0 <= self.clip[0] < self.clip[1] <= 1:
            raise ValueError("cross_fit.clip needs two percentiles from 0 to 1, the lower one first")
        return self


class TuneSettings(Settings):
    """Reference models once more, tuned on a target."""

    slices: tuple[str, ...] = Field((), description="slices to tune on, so that it shows which documents help with them")


class EvaluateSettings(Settings):
    """Intervals of held-out bits per byte."""

    replicates: int = Field(200, ge=20, description="bootstrap replicates over documents")


class FeedbackSettings(Settings):
    """How events become states."""

    min_documents: int = Field(5, ge=1, description="slices with fewer scored documents get no state in a round")
    early_steps: int = Field(100, ge=1, description="exposures up to this optimizer step of a run count for EL2N")
    trend_decay: float = Field(
        0.9, ge=0, lt=1, description="weight of the past in the moving mean that losses in training stand against"
    )


class ReportSettings(Settings):
    """What the report shows."""

    title: str = "resonance"
    top_slices: int = Field(24, ge=1)


class TrackingSettings(Settings):
    """MLflow. An empty URI keeps a sqlite store in the workspace."""

    enabled: bool = True
    uri: str = ""
    experiment: str = "resonance"


class Config(Settings):
    """The whole configuration of a run."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset(
        {"workspace", "catalog", "spark", "tracking", "report", "rounds", "unchecked"}
    )
    """Where, how long and whether at all, not what."""

    workspace: str = Field("workspace", description="folder of tables, checkpoints and reports")
    catalog: str | None = Field(None, description="catalog.schema for tables; the workspace folder where empty")
    batch: str = Field("main", pattern=r"^[A-Za-z0-9_.-]+$", description="name of the delivery")
    seed: int = 42
    rounds: int = Field(2, ge=1)
    control: bool = Field(True, description="train a control arm with round-1 weights from round 2 on")
    unchecked: bool = Field(False, description="train although no evaluation set is registered")
    spark: SparkSettings = SparkSettings()
    task: TaskSettings = TaskSettings()
    ingest: IngestSettings = IngestSettings()
    clean: CleanSettings = CleanSettings()
    judge: JudgeSettings = JudgeSettings()
    dedupe: DedupeSettings = DedupeSettings()
    decontaminate: DecontaminateSettings = DecontaminateSettings()
    score: ScoreSettings = ScoreSettings()
    rebalance: RebalanceSettings = RebalanceSettings()
    train: TrainSettings = TrainSettings()
    score_model: ScoreModelSettings = ScoreModelSettings()
    cross_fit: CrossFitSettings = CrossFitSettings()
    tune: TuneSettings = TuneSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    feedback: FeedbackSettings = FeedbackSettings()
    decide: PolicySettings = PolicySettings()
    report: ReportSettings = ReportSettings()
    tracking: TrackingSettings = TrackingSettings()

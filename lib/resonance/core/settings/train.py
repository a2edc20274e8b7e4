"""Settings of training and of models that score."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from resonance.core.settings.base import Settings


class TrainSettings(Settings):
    """Model, optimizer and launch."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"launch", "ranks", "threads", "start_timeout", "max_skipped_steps"})
    """How many processes, and when to give up: results agree within floating point."""

    launch: Literal["horovod", "spark", "torch", "torch_distributor", "inline"] = Field(
        "horovod",
        description="ranks by horovodrun, by Horovod on Spark executors, by torchrun, by pyspark's TorchDistributor on Spark "
        "executors, or one in this process",
    )
    ranks: int = Field(2, ge=1, description="processes that train together")
    threads: int = Field(1, ge=1, description="threads of a rank")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="what a model trains in; auto: bfloat16 on GPUs, else float32. It is kept, summed up and scored in float32",
    )
    start_timeout: int = Field(120, ge=1, description="seconds to wait for ranks to start")
    model: str = Field("", description="folder of a pretrained transformers model to go on from; empty builds a small one")
    lora_rank: int = Field(0, ge=0, description="rank of low-rank adapters on a pretrained model; 0 trains all of it")
    vocabulary: int = Field(2_048, ge=300, description="most tokens of a tokenizer that is learnt here, its marks included")
    tokenizer_bytes: int = Field(20_000_000, ge=1, description="bytes of text that it is learnt from")
    window: int = Field(128, ge=8, description="tokens of one window")
    hidden: int = Field(96, ge=8, description="width of a model that is built here")
    layers: int = Field(2, ge=1, description="layers of a model that is built here")
    heads: int = Field(4, ge=1, description="attention heads of each of its layers")
    documents_per_step: int = Field(16, ge=1, description="positions of one global batch")
    rows_per_pass: int = Field(16, ge=1, description="packed windows of one forward pass of a rank")
    learning_rate: float = Field(3e-3, gt=0, description="highest rate of AdamW, from which it falls to zero in a line")
    warmup: float = Field(0.05, ge=0, lt=1, description="share of the budget over which the rate rises")
    weight_decay: float = Field(0.1, ge=0, description="weight decay of AdamW, on matrices alone")
    clip: float = Field(1.0, gt=0, description="largest norm of a gradient; longer ones are scaled down to it")
    checkpoint_steps: int = Field(50, ge=1, description="optimizer steps from one checkpoint to the next")
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


class AppraiseSettings(Settings):
    """Scoring of documents that a plan may draw, before it does."""

    characters: int = Field(256, ge=16, description="first characters of a text that the model reads")
    reach: float = Field(1.5, ge=1, description="documents that are read, as a multiple of those that the plan is to draw")


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

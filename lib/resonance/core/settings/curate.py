"""Settings of the way from sources to a draw."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from resonance.core.errors import InputError
from resonance.core.expression import Hidden, Patterns, may_be_empty, parse_expression
from resonance.core.languages import Languages
from resonance.core.policy import Mask, Policy
from resonance.core.scorer import KINDS
from resonance.core.settings.base import Settings

TYPE = r"[a-z][a-z0-9_]*"
"""Names of types of what is found in texts."""
MOST_HASHES = 16_384
"""Minima that a signature holds: 64 KiB of them for each of the texts that a worker signs together."""


class IngestSettings(Settings):
    """Where texts come from and which fields hold them."""

    inputs: tuple[str, ...] = Field(
        (),
        description="files, folders or globs to read, in the formats of docs/formats.md, or Delta tables; of this machine or of "
        "buckets (s3://bucket/folder)",
    )
    demo: bool = Field(False, description="read the demo's documents, which are on this machine, instead of inputs")
    demo_documents: int = Field(22_000, ge=1, description="read at least this many demo documents, where there are as many")
    text_field: str = Field("text", description="field that holds a row's text")
    id_field: str | None = Field(
        None, description="field that holds a row's id; id or url where empty, else batch, file and line name the row"
    )
    id_scope: Literal["source", "file"] = Field(
        "source", description="where an id names one row: in its source, or only in its file, where each file counts anew"
    )
    source_field: str | None = Field(None, description="field that names a row's source")
    slice_field: str | None = Field(
        None, description="field that names a row's slice; the value of source_field where empty, else the file's top folder"
    )
    source: str = Field("files", description="source of rows that name none")
    keep_raw: bool = Field(True, description="keep texts as they were read, besides cleaned ones")
    max_text_bytes: int = Field(20_000_000, ge=1, description="bytes of UTF-8; longer texts are quarantined")
    min_slice_documents: int = Field(200, ge=1, description="slices of fewer documents join other/<kind>")


class ScorerFile(Settings):
    """A file that ``resonance score fit`` wrote. Configuration names the file alone: it is read before anything runs."""

    WITHOUT_EFFECT: ClassVar[frozenset[str]] = frozenset({"path"})

    path: str = Field(description="where it lies: a folder that every worker can read")
    name: str = Field(description="hash of what is in it")


class CleanSettings(Settings):
    """What is measured of cleaned texts, and what rewrites them. Sets of the policy and of scorers join those named here."""

    sets: tuple[str, ...] = Field(("basics",), description="signal sets to measure; none by default where the policy has no rules")
    languages: dict[str, Languages] = Field(
        {}, description="languages of the texts that a set is measured of; of all where it is not named, or by the policy alone"
    )
    rewrite: Literal["none", "c4_lines"] = Field("none", description="rules that rewrite texts; the policy's where none is named")
    classifier: ScorerFile | None = Field(
        None, description="file of a classifier that `resonance score fit` wrote: its scores of all texts are measured too"
    )
    perplexity: ScorerFile | None = Field(
        None,
        description="file of a language model that it wrote with --kind perplexity: perplexities of all texts are measured too",
    )
    mask: Mask = Field(
        "none",
        description="in place of persons and secrets: placeholders such as <EMAIL>, or pseudonyms, the same for the same value "
        "under the key in the variable RESONANCE_PSEUDONYM_KEY of the environment; the policy's where none is named",
    )
    names: bool = Field(
        False,
        description="find Chinese names of persons, addresses and organisations too, and mask them as the rest; a model of the "
        "extra `names` reads all Chinese text, 70 KB a second on a core",
    )
    key_name: str = Field("", description="tells one key of pseudonyms from another; made of the key when configuration is read")
    patterns: dict[str, str] = Field(
        {}, description="regular expressions by name that the signal set privacy looks for besides its own, anywhere in a text"
    )

    @field_validator("patterns")
    @classmethod
    def _reads(cls, given: dict[str, str]) -> dict[str, str]:
        """Refuses names and expressions that the kernel cannot use, before anything runs."""
        for name, expression in given.items():
            if not re.fullmatch(TYPE, name):
                raise ValueError(f"the name {name!r} must be small letters, digits and _, a letter first")
            try:
                tree = parse_expression(expression)
            except InputError as error:
                raise ValueError(f"{name}: {error}") from None
            if may_be_empty(tree):
                raise ValueError(f"{name}: expression {expression!r} matches an empty text")
        return given

    def effective(self) -> dict[str, Any]:
        """The values that results depend on. Patterns are a part of ``mask`` too, as texts depend on them where they are masked."""
        masked = {"mask": {self.mask: self.patterns}} if self.patterns and self.mask != "none" else {}
        return super().effective() | masked

    @property
    def own_patterns(self) -> Patterns:
        """The user's patterns."""
        return tuple(self.patterns.items())

    @property
    def hidden(self) -> Hidden:
        """What is hidden where texts are shown, besides persons and secrets of known forms."""
        return Hidden(self.own_patterns, self.names)

    @property
    def scorers(self) -> dict[str, ScorerFile]:
        """The files that are named, by the signal set that each measures."""
        found = {kind: getattr(self, kind) for kind in KINDS}
        return {kind: file for kind, file in found.items() if file is not None}


class JudgeSettings(Settings):
    """Which rules cut texts. Configuration may name a policy, or a file that holds one: it is read before anything runs."""

    policy: Policy = Field(Policy(), description="name of a policy, a file that holds one, or its keys and values")

    @property
    def sets(self) -> tuple[str, ...]:
        """The signal sets that the policy reads."""
        return self.policy.sets


class DedupeSettings(Settings):
    """Which duplicates are looked for."""

    method: Literal["minhash", "exact", "none"] = Field(
        "minhash", description="minhash: copies and near duplicates; exact: copies alone; none: no duplicates"
    )
    bands: int = Field(14, ge=1, description="bands of a MinHash signature; texts that share one are compared")
    rows: int = Field(8, ge=1, description="hashes in a band; more of them meet fewer pairs, and more alike ones")
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

    head_words: int = Field(1_000, ge=1, description="first words of a text, over which unique words are counted")


class RebalanceSettings(Settings):
    """How large a draw is."""

    tokens: int = Field(300_000, ge=1, le=10**15, description="expected tokens an arm trains on in a round")
    bytes_per_token: float = Field(3.0, gt=0, description="estimate that turns tokens into bytes")
    epochs: int = Field(1, ge=1, le=1_000, description="passes over the draw of a round; the tokens are those of all of them")
    sampler: Literal["poisson", "fixed"] = Field(
        "poisson", description="poisson: each document by its own chance, so that the size varies; fixed: as many of each slice"
    )
    heldout_share: float = Field(0.05, gt=0, lt=1, description="share of duplicate clusters that are never drawn")

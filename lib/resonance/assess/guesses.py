"""What columns seem to be by their names and values: roles, kinds of data, and what a contract would declare of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LONG = 40
"""Mean length in characters from which a column without a known name is taken for the text."""
ROLES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "doc_id", "uuid", "row_id", "key"),
    "text": ("text", "content", "body", "document"),
    "content_hash": ("content_hash", "sha256", "hash"),
    "source_id": ("source_id", "source", "origin", "dataset"),
    "source_uri": ("source_uri", "url", "uri"),
    "lang": ("lang", "language"),
    "domain": ("domain", "topic", "subject"),
    "task": ("task", "task_type"),
    "label": ("label", "class", "category"),
    "licence": ("licence", "license"),
    "created_at": ("created_at", "published_at", "date", "published"),
    "collected_at": ("collected_at", "fetched_at", "crawled_at"),
    "available_at": ("available_at", "ingested_at"),
    "n_tokens": ("n_tokens", "token_count"),
    "prompt": ("prompt", "instruction", "question"),
    "response": ("response", "output", "answer"),
    "chosen": ("chosen",),
    "rejected": ("rejected",),
    "item": ("item", "item_id"),
    "annotator": ("annotator", "annotator_id", "worker_id"),
    "annotator_group": ("annotator_group",),
    "entity": ("entity", "sensor", "device_id"),
    "ts": ("ts", "timestamp"),
    "split": ("split", "subset", "fold"),
    "format": ("format", "file_format", "extension"),
    "bytes": ("bytes", "n_bytes", "size_bytes"),
    "modality": ("modality",),
    "channel": ("channel", "source_channel"),
    "collector": ("collector", "collected_by"),
    "method": ("method", "collection_method"),
    "place": ("place", "host"),
    "parent_id": ("parent_id",),
    "representative": ("representative", "keeper"),
    "contaminated": ("contaminated",),
    "duration_s": ("duration_s", "seconds"),
}
"""Names of columns that say which role they play."""
LISTS: Mapping[str, str] = {
    "lang": "languages",
    "domain": "domain_taxonomy",
    "task": "task_taxonomy",
    "label": "labels",
    "format": "formats",
    "modality": "modalities",
    "channel": "channels",
    "annotator_group": "annotator_groups",
}
"""What the values of a role are declared as."""
COUNTED: Mapping[str, str] = {"source_id": "source_mix", "domain": "domain_mix", "split": "splits"}
"""What the values of a role are declared as with the rows of each."""
KINDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("text", frozenset({"text"})),
    ("web-text", frozenset({"text", "source_uri"})),
    ("labelled", frozenset({"label"})),
    ("instruction", frozenset({"prompt", "response"})),
    ("preference", frozenset({"chosen", "rejected"})),
    ("time-series", frozenset({"entity", "ts"})),
    ("multimodal", frozenset({"modality"})),
)
"""Kinds of data with the roles that tell of them."""
STRATA = ("domain", "lang", "source_id")
"""Roles by which strata are made, the first that tells rows apart."""
FEATURES = frozenset({"domain", "lang", "task", "channel", "format", "modality"})
"""Roles whose columns may be attributes too."""
PERSONAL = re.compile(r"(?:^|_)(?:e?mail|phone|mobile|passport|ssn|iban|card_?number|(?:first|last|full)_?name|address)(?:$|_)")
TRAITS = re.compile(r"(?:^|_)(?:age|sex|gender|birth\w*|zip\w*|post_?code|nationality|ethnicity|religion|profession)(?:$|_)")
UNITS: Mapping[str, str] = {
    **{name: name for name in ("ms", "s", "h", "mm", "cm", "m", "km", "g", "kg", "usd", "eur", "cny")},
    "pct": "%",
    "percent": "%",
    "seconds": "s",
    "minutes": "min",
    "hours": "h",
    "days": "d",
}
"""Units by the last part of a column's name."""
PLAIN = "[a-z][a-z0-9_]*"
"""The pattern of names that most tables have."""


@dataclass(frozen=True)
class Seen:
    """What is seen of a column.

    Args:
        present: rows with a value.
        distinct: distinct values, as a sketch counts them.
        length: mean length of texts in characters.
        tokens: about how many tokens its texts have together.
        counts: rows of each value, where values are few.
    """

    name: str
    type: str
    present: int
    distinct: int
    length: float
    tokens: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def values(self) -> tuple[str, ...]:
        """Its values in order, where they are few."""
        return tuple(sorted(self.counts))


def guess_roles(columns: Sequence[Seen]) -> dict[str, Seen]:
    """Columns by the role that their name says; the longest texts are the text where no name says so."""
    by_name = {seen.name.lower(): seen for seen in columns}
    roles = {role: by_name[name] for role, names in ROLES.items() if (name := next((n for n in names if n in by_name), None))}
    taken = {seen.name for seen in roles.values()}
    long = [seen for seen in columns if seen.type == "string" and seen.length >= LONG and seen.name not in taken]
    if "text" not in roles and long:
        roles["text"] = max(long, key=lambda seen: (seen.length, seen.name))
    return roles


def guess_modalities(columns: Sequence[Seen], roles: Mapping[str, Seen]) -> list[str]:
    """Kinds of data that the rows seem to hold."""
    found = [kind for kind, needed in KINDS if needed <= set(roles)]
    others = len(columns) > len(roles) or not found
    return [*found, "structured"] if others else found


def guess_strata(roles: Mapping[str, Seen]) -> tuple[Seen, ...]:
    """The column whose few values tell rows apart; none where there is none."""
    return tuple(roles[role] for role in STRATA if role in roles and len(roles[role].values) > 1)[:1]


def guess_declared(many: int, columns: Sequence[Seen], roles: Mapping[str, Seen]) -> Iterator[tuple[str, Any, str]]:
    """What the rows would be declared to hold: each name, its value, and whence the guess."""
    yield "min_rows", many, "as many as there are now"
    if tokens := roles["text"].tokens if "text" in roles and "n_tokens" not in roles else 0:
        yield "min_tokens", tokens, "about as many as there are now"
    for role, name in LISTS.items():
        if role in roles and roles[role].values:
            yield name, list(roles[role].values), "what occurs"
    for role, name in COUNTED.items():
        if role in roles and roles[role].counts:
            yield name, dict(sorted(roles[role].counts.items())), "rows of each now"
    for seen in guess_strata(roles):
        yield "strata", [[value] for value in seen.values], "what occurs"
    if tasks := guess_tasks(roles):
        yield "task_registry", tasks, "what occurs, and columns by their names"
    yield from guess_lists(columns, roles)
    yield "naming_rules", guess_rules(columns), "what holds now"


def guess_lists(columns: Sequence[Seen], roles: Mapping[str, Seen]) -> Iterator[tuple[str, list[str], str]]:
    """Lists of columns that are declared, and rules of their names."""
    role_of = {seen.name: role for role, seen in roles.items()}
    features = [seen for seen in columns if role_of.get(seen.name, "domain") in FEATURES]
    varied = [s.name for s in features if len(s.values) > 1 or (s.type == "number" and s.distinct > 1)]
    if varied:
        yield "attributes", varied, "columns of few values, and of numbers"
    if words := [seen.name for seen in features if seen.type == "string" and len(seen.values) > 1]:
        yield "categorical", words, "columns of few texts"
    if asked := [roles[role].name for role in ("prompt", "response", "chosen", "rejected") if role in roles]:
        yield "task_fields", asked, "by their names"
    if traits := [seen.name for seen in columns if TRAITS.search(seen.name.lower())]:
        yield "quasi_identifiers", traits, "by their names"


def guess_rules(columns: Sequence[Seen]) -> dict[str, str]:
    """Rules of names that all columns keep already."""
    plain = all(re.fullmatch(PLAIN, seen.name) for seen in columns)
    return {**({"columns": PLAIN} if plain else {}), "version": "semver"}


def guess_tasks(roles: Mapping[str, Seen]) -> dict[str, list[str]]:
    """The columns that each task needs, where rows name a task and hold prompts and responses."""
    needed = [roles[role].name for role in ("prompt", "response", "chosen", "rejected") if role in roles]
    return dict.fromkeys(roles["task"].values, needed) if "task" in roles and needed else {}


def guess_unit(seen: Seen) -> str:
    """The unit that the end of a column of numbers' name says; empty where it says none."""
    return UNITS.get(seen.name.lower().rpartition("_")[2], "") if seen.type in ("number", "integer") and "_" in seen.name else ""


def is_personal(seen: Seen) -> bool:
    """Whether a column's name says that it names people."""
    return PERSONAL.search(seen.name.lower()) is not None

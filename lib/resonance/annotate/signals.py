"""The set ``annotations``: what annotators found in a text, as numbers that policies and weightings read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from resonance.core.annotation import Kind
from resonance.core.signal import Signal, SignalSet, Value


class Spans(NamedTuple):
    """Where spans of one kind stand in a text, and what is said of each; nothing is said of sentences."""

    starts: list[int]
    ends: list[int]
    values: list[str]


Found = Mapping[Kind, Spans]
"""What a recipe found in a text, by kind; a kind that it does not look for is not there."""
SENTIMENTS = ("positive", "negative")
"""What is said of sentences; of some nothing."""


def _measure(found: Iterable[Found]) -> Any:
    import pyarrow as pa

    types = {"int": pa.int32(), "double": pa.float64()}
    fields = [(signal.name, types[signal.type]) for signal in OF_ANNOTATIONS.signals]
    rows = [dict(zip(OF_ANNOTATIONS.names, measure_spans(one), strict=True)) for one in found]
    return pa.array(rows, pa.struct(fields))


def measure_spans(found: Found) -> Sequence[Value]:
    """The signals of one text, in the order in which the set declares them."""
    sentences, tokens, entities = (_count(found, kind) for kind in ("sentence", "token", "entity"))
    words = [word.casefold() for word in found["token"].values] if "token" in found else []
    terms = [term.casefold() for term in found["term"].values] if "term" in found else None
    said = [label for label in found["sentiment"].values if label in SENTIMENTS] if "sentiment" in found else []
    return (
        sentences,
        tokens,
        _divide(tokens, sentences),
        _divide(len(set(words)), len(words)),
        entities,
        _divide(entities, tokens),
        None if terms is None else len(set(terms)),
        None if terms is None else _divide(len(terms), tokens),
        _divide(said.count("positive"), len(said)),
    )


def _count(found: Found, kind: Kind) -> int | None:
    return len(found[kind].starts) if kind in found else None


def _divide(part: int | None, whole: int | None) -> float | None:
    return None if part is None or not whole else part / whole


OF_ANNOTATIONS = SignalSet(
    "annotations",
    "What job annotate found in a text, counted; null where its recipe does not look for it.",
    1,
    (
        Signal("n_sentences", "int", None, "Sentences."),
        Signal("n_tokens", "int", None, "Tokens: words and punctuation marks."),
        Signal("sentence_tokens", "double", None, "Tokens of a sentence, on average."),
        Signal("type_token_ratio", "double", None, "Distinct tokens, whatever their case, by tokens; long texts have less."),
        Signal("n_entities", "int", None, "Names of persons, places and what else the recipe calls an entity."),
        Signal("entity_density", "double", None, "Entities by tokens."),
        Signal("n_terms", "int", None, "Distinct terms, whatever their case: runs of tags that the recipe calls terms."),
        Signal("term_density", "double", None, "Terms by tokens, each as often as it stands there."),
        Signal("positive_share", "double", None, "Share of the sentences judged that are judged to be positive."),
    ),
    _measure,
    measure_spans,
    text="annotated",
    shared=True,
)

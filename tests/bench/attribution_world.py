"""A corpus of real text with planted faults, for the experiments on attribution; and models that are trained in seconds.

Pieces of doc strings of eight packages, their package being the class, in made up sources. A source is plain, at fault as a whole,
or at fault in one of its two domains. The faults:

- label noise: a share of the labels is exchanged for another class, in drawn and in held-out documents;
- under-represented: a language of its own (words are renamed), of which the draw holds a quarter of what others have;
- needs capacity: a mark in half of the documents means that the class counts as another one, which no linear model can say;
- irreducible: every text is made of pieces of four, and its label is that of any of them.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from resonance.curate.sources.demo_texts import doc_strings
from tests.bench.places import cache

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

CLASSES = ("mlflow", "pandas", "pyspark", "scipy", "sklearn", "sympy", "torch", "transformers")
CAUSES = ("label_noise", "coverage", "capacity", "noise_ceiling")
EACH = 6
"""Faulty slices of each cause, half of them whole sources."""
PLAIN = 28
"""Sources without a fault."""
HELD, DRAWN, RARE = 320, 150, 40
"""Documents of a slice that are held out, and drawn; drawn documents of one that is under-represented."""
MORE = {"coverage": 640, "": 0}
"""Documents of a slice that an oracle can add, by cause; where nothing is said as many as are drawn."""
HELD_OUT, DRAWN_ONES, ADDED = range(3)
WORDS, WIDTH = 40, 2048
"""Words of a text, and features that they are hashed to."""
NOISE, RENAMED, MIXED = 0.4, 0.9, 4
"""Share of labels that are exchanged, and of words that are renamed; texts that one without a right label is made of."""
MARK = "§not"
DECAY, WIDER_DECAY = 0.08, 0.3
"""Weight decay of a linear model, and of one with a hidden layer."""


@dataclass(frozen=True)
class World:
    """Documents of one seed: held-out ones, drawn ones and more, and what is planted.

    Args:
        given: labels as they are told, ``true`` as they would be without label noise.
        part: whether a document is held out, drawn, or one that an oracle can add.
        planted: the cause by the name of the slice; documents of it are numbered by ``slice_of`` (-1: no fault).
    """

    features: Floats
    source: list[str]
    domain: list[str]
    given: Ints
    true: Ints
    part: Ints
    slice_of: Ints
    planted: dict[str, str]


def read_pieces() -> dict[str, list[list[str]]]:
    """Texts of ``WORDS`` words by class, without words that name a package; kept between runs."""
    kept = cache("attribution") / f"pieces-{WORDS}.json"
    if kept.exists():
        return dict(json.loads(kept.read_text(encoding="utf-8")))
    wanted = (PLAIN + 6 * EACH) * (HELD + DRAWN) // len(CLASSES) + EACH * (MORE["coverage"] + 3 * DRAWN) // len(CLASSES) + 200
    found = {name: _cut_texts(name, wanted) for name in CLASSES}
    kept.write_text(json.dumps(found), encoding="utf-8")
    return found


def _cut_texts(package: str, wanted: int) -> list[list[str]]:
    telling = re.compile("|".join((*CLASSES, "numpy", "np", "scikit", "spark", "hugging")))
    root = Path(str(importlib.util.find_spec(package).origin)).parent  # type: ignore[union-attr]
    files = sorted(path for path in root.rglob("*.py") if "test" not in path.as_posix())
    pieces: list[list[str]] = []
    seen: set[str] = set()
    for at in np.random.default_rng(0).permutation(len(files)):
        for _, _, text in doc_strings(str(files[at])):
            words = [word for word in re.findall(r"[a-z_]{2,}", text.lower()) if not telling.search(word)]
            for start in range(0, len(words) - WORDS + 1, WORDS):
                piece = words[start : start + WORDS]
                if (line := " ".join(piece)) not in seen:
                    seen.add(line)
                    pieces.append(piece)
        if len(pieces) >= wanted:
            break
    return pieces


def make_world(pieces: dict[str, list[list[str]]], seed: int, *, faults: bool = True, causes: Sequence[str] = CAUSES) -> World:
    """The documents of one seed: which texts go where, what is planted, and what it does to them; or the same without faults.

    A cause may be two at once: their names with a plus.
    """
    dice = np.random.default_rng([seed, 20])
    pool = [(at, words) for at, name in enumerate(CLASSES) for words in pieces[name]]
    order = iter(dice.permutation(len(pool)))
    texts: list[list[str]] = []
    columns: dict[str, list[Any]] = {name: [] for name in ("source", "domain", "given", "true", "part", "slice_of")}
    planted: dict[str, str] = {}
    for number, (source, cause, domain) in enumerate(_lay_out(dice, causes)):
        cause = cause if faults else ""
        if cause:
            planted[f"source = {source}" if domain is None else f"slice = {domain} & source = {source}"] = cause
        drawn = RARE if "coverage" in cause else DRAWN
        for part, many in (
            (HELD_OUT, HELD),
            (DRAWN_ONES, drawn),
            (ADDED, MORE["coverage"] if "coverage" in cause else MORE.get(cause, DRAWN)),
        ):
            for _ in range(many):
                others = [pool[at] for at in dice.integers(len(pool), size=MIXED - 1 if cause == "noise_ceiling" else 0)]
                words, given, true = _plant(dice, cause, number, [pool[next(order)], *others])
                texts.append(words)
                row = (source, domain or f"d{dice.integers(2)}", given, true, part, len(planted) - 1 if cause else -1)
                for name, value in zip(columns, row, strict=True):
                    columns[name].append(value)
    arrays = {name: np.array(columns[name]) for name in ("given", "true", "part", "slice_of")}
    return World(hash_words(texts), columns["source"], columns["domain"], planted=planted, **arrays)


def _lay_out(dice: np.random.Generator, causes: Sequence[str]) -> Iterator[tuple[str, str, str | None]]:
    """Source, cause (empty: none) and domain (None: both) of each part of the corpus. Names say nothing of faults."""
    kinds = [("", False)] * PLAIN + [(cause, pair) for cause in causes for pair in (False, True) for _ in range(EACH // 2)]
    for number, at in enumerate(dice.permutation(len(kinds))):
        cause, pair = kinds[at]
        source = f"s{number:02}"
        if pair:
            faulty = int(dice.integers(2))
            yield source, cause, f"d{faulty}"
            yield source, "", f"d{1 - faulty}"
        else:
            yield source, cause, None


def _plant(
    dice: np.random.Generator, cause: str, number: int, drawn: Sequence[tuple[int, list[str]]]
) -> tuple[list[str], int, int]:
    """Words, given label and true label of one document."""
    label, words = drawn[0]
    if cause == "noise_ceiling":
        mixed = [word for at, (_, one) in enumerate(drawn) for word in one[at :: len(drawn)]]
        return mixed, *(2 * [drawn[int(dice.integers(len(drawn)))][0]])
    if "coverage" in cause:
        words = [f"{word}~" if dice.random() < RENAMED else word for word in words]
    if "capacity" in cause and dice.random() < 0.5:
        words, label = [MARK] * 6 + words, (label + 4) % len(CLASSES)
    if "label_noise" in cause and dice.random() < NOISE:
        return words, (label + int(dice.integers(1, len(CLASSES)))) % len(CLASSES), label
    return words, label, label


def hash_words(texts: Sequence[Sequence[str]]) -> Floats:
    """Counts of words hashed to ``WIDTH`` features, as roots, each text of length one; the mark has a feature of its own."""
    known: dict[str, int] = {MARK: 0}
    counts = np.zeros((len(texts), WIDTH), np.float32)
    for row, words in enumerate(texts):
        for word in words:
            if word not in known:
                known[word] = 1 + crc32(word.encode()) % (WIDTH - 1)
            counts[row, known[word]] += 1
    roots = np.sqrt(counts)
    return np.asarray(roots / np.linalg.norm(roots, axis=1, keepdims=True))


@dataclass(frozen=True)
class Model:
    """A classifier: linear, or with one hidden layer beside the linear way."""

    direct: Floats
    inner: Floats | None
    outer: Floats | None

    def predict(self, features: Floats) -> Floats:
        """Probabilities of classes, a row for each document."""
        logits = features @ self.direct
        if self.inner is not None and self.outer is not None:
            logits = logits + np.maximum(features @ self.inner, 0) @ self.outer
        logits -= logits.max(1, keepdims=True)
        p = np.exp(logits)
        return np.asarray(p / p.sum(1, keepdims=True))


def train(features: Floats, labels: Ints, hidden: int, seed: int, steps: int, batch: int = 64, rate: float = 0.02) -> Model:
    """A classifier after ``steps`` of Adam at a rate that falls to zero in a line, with decoupled weight decay."""
    dice = np.random.default_rng([seed, 7])
    weights = [np.zeros((WIDTH, len(CLASSES)), np.float32)]
    if hidden:
        weights.append(dice.normal(0, 1.0, (WIDTH, hidden)).astype(np.float32) / np.float32(4))
        weights.append(dice.normal(0, hidden**-0.5, (hidden, len(CLASSES))).astype(np.float32))
    decay = WIDER_DECAY if hidden else DECAY
    first, second = ([np.zeros_like(weight) for weight in weights] for _ in range(2))
    for step in range(steps):
        at = dice.integers(0, len(labels), batch)
        x, y = features[at], labels[at]
        model = Model(weights[0], *(weights[1:] or (None, None)))
        error = model.predict(x)
        error[np.arange(batch), y] -= 1
        error /= batch
        gradients = [x.T @ error]
        if hidden:
            inner = x @ weights[1]
            back = (error @ weights[2].T) * (inner > 0)
            gradients += [x.T @ back, np.maximum(inner, 0).T @ error]
        pace = rate * (1 - step / steps)
        for weight, gradient, mean, square in zip(weights, gradients, first, second, strict=True):
            mean += 0.1 * (gradient - mean)
            square += 0.01 * (gradient * gradient - square)
            fix = np.float32(pace * np.sqrt(1 - 0.99 ** (step + 1)) / (1 - 0.9 ** (step + 1)))
            weight -= fix * mean / (np.sqrt(square) + 1e-8) + np.float32(pace * decay) * weight
    return Model(weights[0], *(weights[1:] or (None, None)))

"""Places in real text that were labelled by reading, found again by hash.

One sample is drawn from documentation of Debian and packages of Python. One is of types that are rare there, from tests and pages
of packages that check or carry such values: each distinct value once, what was found and what a loose look found besides.
Four are of secrets, drawn alike from packages that nobody had read when the patterns of their day were written; each was drawn
when those before it had been read. The third and the fourth tell weak passwords from random ones; the fourth is
of assigned secrets alone.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sysconfig
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import debian, registries

LABELS, RARE, BLIND, BLIND_2, BLIND_3, BLIND_4 = (
    Path(__file__).with_name(f"privacy_labels{which}.json") for which in ("", "_rare", "_blind", "_blind_2", "_blind_3", "_blind_4")
)
WEAK, RANDOM = "weak_passwords", "secret_assignments"
"""Labels of what a name for a secret is set to: a password that is easily guessed, and one of high entropy."""
SITE = "site-packages"
ENGLISH, CHINESE = ("linux-doc-6.1",), ("debian-reference-zh-cn", "debian-handbook", "manpages-zh")
MOST_BYTES = 12_000_000
Rate = Callable[[float, float, float], dict[str, Any]]


class Entry(NamedTuple):
    """A place in a line of a file, or in some: ``found`` is the signal that found it when it was labelled, ``label`` what it is, or
    empty."""

    line: str
    start: int
    end: int
    found: str
    kind: str
    label: str


def hash_line(line: str) -> str:
    """Eight bytes of a line's hash."""
    return hashlib.sha256(line.encode()).hexdigest()[:16]


def read_lines(package: str, name: str) -> list[str]:
    """The lines of a file of a package; none where it is not there."""
    return _read_file(Path(sysconfig.get_path("purelib")) if package == SITE else debian.unpacked(package), name)


def _read_file(home: Path | None, name: str) -> list[str]:
    path = None if home is None else home / name
    if path is None or not path.is_file():
        return []
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace").split("\n")


def read_entries() -> list[Entry]:
    """The labelled places whose lines are as they were."""
    held: dict[tuple[str, str], dict[str, str]] = {}
    entries = []
    for package, name, hash, start, end, found, kind, label in json.loads(LABELS.read_text(encoding="utf-8"))["places"]:
        if (package, name) not in held:
            held[package, name] = {hash_line(line): line for line in read_lines(package, name)}
        if hash in held[package, name]:
            entries.append(Entry(held[package, name][hash], start, end, found, kind, label))
    return entries


def read_rare(labels: Path) -> list[Entry]:
    """The labelled places of a file of rare types whose lines are as they were; a private key takes several lines."""
    held: dict[tuple[str, str, int], dict[str, str]] = {}
    entries = []
    for package, name, hash, start, end, found, kind, label, many in json.loads(labels.read_text(encoding="utf-8"))["places"]:
        if (package, name, many) not in held:
            lines = _read_file(registries.unpacked(package), name)
            texts = ("\n".join(lines[first : first + many]) for first in range(len(lines)))
            held[package, name, many] = {hash_line(text): text for text in texts}
        if hash in held[package, name, many]:
            entries.append(Entry(held[package, name, many][hash], start, end, found, kind, label))
    return entries


def list_random(entries: Sequence[Entry]) -> list[Entry]:
    """Entries without weak passwords."""
    return [entry for entry in entries if entry.label != WEAK]


def call_strong(entries: Sequence[Entry]) -> list[Entry]:
    """Entries with weak passwords counted as secrets of high entropy."""
    return [entry._replace(label=RANDOM) if entry.label == WEAK else entry for entry in entries]


def count_all() -> dict[str, int]:
    """How many places of each kind there were, of which those that are labelled were drawn."""
    return dict(json.loads(LABELS.read_text(encoding="utf-8"))["totals"])


def weigh(entries: Sequence[Entry]) -> dict[str, float]:
    """How many places stand behind a labelled one of each kind."""
    drawn: dict[str, int] = {}
    for entry in entries:
        drawn[entry.found or entry.kind] = drawn.get(entry.found or entry.kind, 0) + 1
    return {kind: count_all()[kind] / rows for kind, rows in drawn.items()}


def rate_ours(
    entries: Sequence[Entry], places: Sequence[Sequence[tuple[str, int, int]]], rate: Rate, weights: Mapping[str, float]
) -> dict[str, Any]:
    """Ratings by signal, each place counted as often as its kind weighs."""
    sums: dict[str, list[float]] = {}
    for entry, found in zip(entries, places, strict=True):
        weight = weights.get(entry.found or entry.kind, 1.0)
        there = {signal for signal, first, last in found if first < entry.end and entry.start < last}
        for signal in {entry.label, *there} - {""}:
            right, wrong, missed = sums.setdefault(signal, [0.0, 0.0, 0.0])
            sums[signal] = [
                right + weight * (signal == entry.label and signal in there),
                wrong + weight * (signal != entry.label),
                missed + weight * (signal == entry.label and signal not in there),
            ]
    return {signal: rate(*(round(each, 1) for each in sums[signal])) for signal in sorted(sums)}


def rate_presidio(
    entries: Sequence[Entry],
    spans: Sequence[Sequence[Sequence[Any]]],
    families: Mapping[str, Iterable[str]],
    rate: Rate,
    weights: Mapping[str, float],
) -> dict[str, Any]:
    """The same of presidio, by family of signals, over the same places."""
    rated = {}
    for entity, family in families.items():
        right = wrong = missed = 0.0
        for entry, found in zip(entries, spans, strict=True):
            weight = weights.get(entry.found or entry.kind, 1.0)
            there = any(name == entity and first < entry.end and entry.start < last for name, first, last in found)
            right += weight * (there and entry.label in family)
            wrong += weight * (there and entry.label not in family)
            missed += weight * (not there and entry.label in family)
        rated["+".join(family)] = rate(*(round(each, 1) for each in (right, wrong, missed)))
    return rated


def rate_then(entries: Sequence[Entry], rate: Rate) -> dict[str, Any]:
    """Ratings by signal of what was found when the places were labelled."""
    signals = sorted({entry.label for entry in entries} | {entry.found for entry in entries} - {""})
    return {
        signal: rate(
            sum(entry.found == entry.label == signal for entry in entries),
            sum(entry.found == signal != entry.label for entry in entries),
            sum(entry.label == signal != entry.found for entry in entries),
        )
        for signal in signals
        if signal
    }


def rate_secrets(
    entries: Sequence[Entry], lines: Sequence[Sequence[Sequence[Any]]], signals: Iterable[str], rate: Rate
) -> dict[str, Any]:
    """Ratings of detect-secrets, which names lines: those of a place count."""
    right = wrong = missed = 0
    for entry, found in zip(entries, lines, strict=True):
        first, last = entry.line[: entry.start].count("\n"), entry.line[: entry.end].count("\n")
        there = any(first <= number <= last for number, _ in found)
        right += there and entry.label in signals
        wrong += there and entry.label not in signals
        missed += not there and entry.label in signals
    return rate(right, wrong, missed)


def read_corpora() -> dict[str, list[str]]:
    """Real text in English and in Chinese to measure speed on."""
    found = {}
    for name, packages in (("English", ENGLISH), ("Chinese", CHINESE)):
        texts, size = [], 0
        for path in (path for package in packages for path in debian.files(package)):
            content = path.read_bytes()
            texts.append((gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8", "replace"))
            size += len(texts[-1])
            if size > MOST_BYTES:
                break
        found[name] = texts
    return found

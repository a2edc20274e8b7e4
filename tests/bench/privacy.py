"""How precise the search for persons and secrets is, beside presidio and detect-secrets on the same texts, and how fast.

(a) Made items in sentences of Faker, with what only looks like one. (b) Places in real text that the patterns were not written on:
what was found, and what a loose look finds besides, labelled by reading: hashes of lines and offsets in ``privacy_labels.json``,
and of types that are rare in such texts in ``privacy_labels_rare.json``; of secrets, in packages that were never read before, in
``privacy_labels_blind.json``, and in others, when those had been read, in ``…_blind_2.json``, ``_3.json`` and ``_4.json``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from resonance.curate.kernels.privacy.find import find
from resonance.curate.kernels.privacy.patterns import PERSONS, SECRETS
from resonance.curate.kernels.privacy.tables import build_plan
from tests.bench import privacy_real
from tests.bench.environments import python_of, versions_of
from tests.bench.places import write_result
from tests.bench.privacy_items import Item, make_items

SCRIPT = Path(__file__).parent / "peers" / "presidio_spans.py"
SEED, EACH, SENTENCES = 20261128, 110, 400
FAMILIES = {
    "EMAIL_ADDRESS": ("emails",),
    "CREDIT_CARD": ("bank_cards",),
    "IP_ADDRESS": ("ipv4s", "ipv6s"),
    "PHONE_NUMBER": ("cn_mobiles", "cn_landlines", "phones"),
}
"""What presidio names, and the signals that it stands for."""
Place = tuple[str, int, int]
MADE, REAL, SPEED = 0.98, 0.95, 20.0
"""The lines: precision and recall of each type on (a) and on (b); megabytes per second of a core."""


def find_ours(texts: Sequence[str]) -> list[list[Place]]:
    """Signal, start and end of all that is found in each text."""
    found, patterns = find(pa.array(texts, pa.string())), build_plan().patterns
    places: list[list[Place]] = [[] for _ in texts]
    for row, number, first, last in zip(found.rows, found.patterns, found.first_points, found.last_points, strict=True):
        places[row].append((patterns[number].signal, int(first), int(last)))
    return places


def ask_peers(texts: Sequence[str]) -> dict[str, Any]:
    """What presidio and detect-secrets find in the same texts."""
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder, "texts.json"), Path(folder, "found.json")
        given.write_text(json.dumps(list(texts), ensure_ascii=False), encoding="utf-8")
        subprocess.run([python_of("presidio"), SCRIPT, "find", given, out], check=True)
        return dict(json.loads(out.read_text(encoding="utf-8")))


def write_sentences(count: int) -> list[str]:
    """Sentences of Faker, English and Chinese."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "sentences.json")
        subprocess.run([python_of("presidio"), SCRIPT, "write", str(count), out], check=True)
        return list(json.loads(out.read_text(encoding="utf-8")))


def rate(right: float, wrong: float, missed: float) -> dict[str, Any]:
    """Precision and recall; None where nothing was found, or nothing was there."""
    precision = right / (right + wrong) if right + wrong else None
    recall = right / (right + missed) if right + missed else None
    return {"found": right, "wrong": wrong, "missed": missed, "precision": precision, "recall": recall}


def score_items(items: Sequence[Item], places: Sequence[Sequence[Place]], families: Iterable[Sequence[str]]) -> dict[str, Any]:
    """Ratings by family of signals: a value is found where one of the family has its very place."""
    rated = {}
    for family in families:
        right = wrong = missed = 0
        for item, found in zip(items, places, strict=True):
            own = [(first, last) for signal, first, last in found if signal in family]
            hit = item.signal in family and (item.start, item.end) in own
            right += hit
            missed += item.signal in family and not hit
            wrong += len(own) - hit
        rated["+".join(family)] = rate(right, wrong, missed)
    return rated


def score_overlaps(items: Sequence[Item], spans: Sequence[Sequence[Sequence[Any]]]) -> dict[str, Any]:
    """The same for presidio, whose spans need only overlap."""
    rated = {}
    for entity, family in FAMILIES.items():
        right = wrong = missed = 0
        for item, found in zip(items, spans, strict=True):
            own = [(first, last) for name, first, last in found if name == entity]
            hits = [first < item.end and item.start < last for first, last in own] if item.signal in family else []
            right += any(hits)
            missed += item.signal in family and not any(hits)
            wrong += len(own) - sum(hits)
        rated["+".join(family)] = rate(right, wrong, missed)
    return rated


def score_lines(items: Sequence[Item], lines: Sequence[Sequence[Sequence[Any]]]) -> dict[str, Any]:
    """The same for detect-secrets, which names lines: one of any line of a secret is right."""
    right = wrong = missed = 0
    for item, found in zip(items, lines, strict=True):
        first, last = item.text[: item.start].count("\n"), item.text[: item.end].count("\n")
        hits = [first <= number <= last for number, _ in found] if item.signal in SECRETS else []
        right += any(hits)
        missed += item.signal in SECRETS and not any(hits)
        wrong += len({number for number, _ in found}) if not hits else hits.count(False)
    return {"+".join(SECRETS): rate(right, wrong, missed)}


def measure_made() -> dict[str, Any]:
    """Part (a)."""
    items = make_items(write_sentences(SENTENCES), EACH, SEED)
    texts = [item.text for item in items]
    places = find_ours(texts)
    peers = ask_peers(texts)
    each = [(signal,) for signal in (*PERSONS, *SECRETS)]
    return {
        "items": len(items),
        "hits": sum(bool(item.signal) for item in items),
        "near_misses": dict(Counter(item.kind for item in items if not item.signal)),
        "ours": score_items(items, places, each),
        "ours_by_family": score_items(items, places, [*FAMILIES.values(), SECRETS]),
        "presidio": score_overlaps(items, peers["spans"]),
        "detect_secrets": score_lines(items, peers["secrets"]),
        "cpu_seconds": time_ours(texts) | {name: round(peers[f"{name}_cpu_s"], 2) for name in ("presidio", "detect_secrets")},
        "kilobytes": round(sum(len(text.encode()) for text in texts) / 1e3, 1),
    }


def time_ours(texts: Sequence[str]) -> dict[str, float]:
    """Processor seconds of the kernel over these texts, warm."""
    array = pa.array(texts, pa.string())
    find(array)
    start = time.process_time()
    find(array)
    return {"ours": round(time.process_time() - start, 4)}


def measure_real() -> dict[str, Any]:
    """Part (b): what was labelled, as it is found now."""
    entries = privacy_real.read_entries()
    places = find_ours([entry.line for entry in entries])
    peers = ask_peers([entry.line for entry in entries])
    weights = privacy_real.weigh(entries)
    rated = privacy_real.rate_ours(entries, places, rate, weights)
    kinds = Counter((entry.found or entry.kind, bool(entry.label)) for entry in entries)
    return {
        "labelled": len(entries),
        "found_then": sum(bool(entry.found) for entry in entries),
        "near_misses": sum(not entry.found for entry in entries),
        "labels": {f"{kind} {'is one' if real else 'is none'}": n for (kind, real), n in sorted(kinds.items())},
        "ours": rated,
        "presidio": privacy_real.rate_presidio(entries, peers["spans"], FAMILIES, rate, weights),
    }


def measure_rare(labels: Path = privacy_real.RARE) -> dict[str, Any]:
    """Part (b) for types that are rare in documentation; each place counts once."""
    read = privacy_real.read_rare(labels)
    entries, strong = privacy_real.list_random(read), privacy_real.call_strong(read)
    texts = [entry.line for entry in entries]
    peers = ask_peers(texts)
    weak = len(read) - len(entries)
    found = find_ours([entry.line for entry in strong])
    return {
        "labelled": len(read),
        **({"weak": weak, "ours_with_weak": privacy_real.rate_ours(strong, found, rate, {})} if weak else {}),
        "hits": sum(bool(entry.label) for entry in entries),
        "near_misses": sum(not entry.label for entry in entries),
        "ours_when_labelled": privacy_real.rate_then(entries, rate),
        "ours": privacy_real.rate_ours(entries, find_ours(texts), rate, {}),
        "presidio": privacy_real.rate_presidio(entries, peers["spans"], {"CREDIT_CARD": FAMILIES["CREDIT_CARD"]}, rate, {}),
        "detect_secrets": privacy_real.rate_secrets(entries, peers["secrets"], SECRETS, rate),
    }


def measure_speed() -> dict[str, float]:
    """Megabytes per processor second of the whole set over real text."""
    speeds = {}
    for name, texts in privacy_real.read_corpora().items():
        array = pa.array(texts, pa.string())
        size = pc.sum(pc.binary_length(array)).as_py()
        speeds[name] = round(size / 1e6 / time_ours(texts)["ours"], 1)
    return speeds


def list_missed(rated: Mapping[str, Mapping[str, Any]], line: float) -> list[str]:
    """Types that are below the line in precision or recall."""
    return [name for name, row in rated.items() if any(row[end] is not None and row[end] < line for end in ("precision", "recall"))]


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "made": measure_made,
    "real": measure_real,
    "real_rare": measure_rare,
    "real_blind": partial(measure_rare, privacy_real.BLIND),
    "real_blind_2": partial(measure_rare, privacy_real.BLIND_2),
    "real_blind_3": partial(measure_rare, privacy_real.BLIND_3),
    "real_blind_4": partial(measure_rare, privacy_real.BLIND_4),
    "mb_per_cpu_s": measure_speed,
}
LINES = {"made": MADE} | {name: REAL for name in PARTS if name.startswith("real")} | {"mb_per_cpu_s": SPEED}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(PARTS), help=f"parts of it: {','.join(PARTS)}")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found = {name: PARTS[name]() for name in asked.only}
    missed = {name: list_missed(rows["ours"], LINES[name]) for name, rows in found.items() if "ours" in rows}
    if speed := found.get("mb_per_cpu_s"):
        missed["mb_per_cpu_s"] = [name for name, one in speed.items() if one < SPEED]
    result = {"versions": versions_of("presidio"), "lines": LINES, "missed": missed}
    print(json.dumps({**result, **{name: rows.get("ours", rows) for name, rows in found.items()}}, indent=1))
    if not asked.no_result:
        print(write_result("privacy", " ".join(["python -m tests.bench.privacy", *sys.argv[1:]]), result | found))


if __name__ == "__main__":
    main()

"""Documentation of installed packages as a dataset to assess."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import pandas as pd

import resonance
from resonance.curate.sources.demo import list_sources
from resonance.curate.sources.demo_texts import READERS
from tests.bench.assess_datasets import TERMS, Dataset, choose_parameter, describe_column, list_licences, list_values, make_contract
from tests.bench.places import cache

MOST_EACH = 150
"""Texts of a package that are read."""
LEAST_EACH = 40
"""Documents of a topic that is told apart."""


def list_topics() -> dict[str, str]:
    """The first topic that each installed package names for itself."""
    found = {"python": "Software Development"}
    for package in metadata.distributions():
        name = re.sub(r"[-_.]+", "-", (package.metadata["Name"] or "").lower())
        topics = [line.split(" :: ")[1] for line in package.metadata.get_all("Classifier") or () if line.startswith("Topic :: ")]
        found[name] = topics[0] if topics else "other"
    return found


def read_documents() -> Dataset:
    """Documentation of installed packages as `resonance curate` keeps it, each with its package, kind and licence."""
    rows = pd.read_json(curate_documents(), lines=True, dtype=False, convert_dates=False)
    whence = pd.read_parquet(cache("assess") / "documents-whence.parquet").set_index("id")
    rows = rows[["id", "text"]].join(whence, on="id")
    topics = list_topics()
    rows["topic"] = [topics.get(source, "other") for source in rows["source"]]
    known = Counter(rows["topic"])
    rows["topic"] = [topic if known[topic] >= LEAST_EACH else "other" for topic in rows["topic"]]
    counts, topics_left = Counter(rows["source"]), sorted(rows["topic"].unique())
    ledger = {
        name: {"basis": "open licence", "evidence": f"{name}/METADATA", "origin": "public", "licence": licence}
        for name, licence in sorted(set(zip(rows["source"], rows["licence"], strict=True)))
    }
    kinds = sorted(rows["kind"].unique())
    columns = [
        describe_column("id", "string", "where the text lies in its package", "numpy/linalg.py", required=True, unique=True),
        describe_column("text", "string", "the documentation, as plain text", "Return the norm.", required=True),
        describe_column("source", "string", "the package that the text comes from", "numpy", required=True),
        describe_column("kind", "string", "what kind of documentation it is", kinds[0], required=True, enum=list_values(kinds)),
        describe_column("topic", "string", "topic of the package", topics_left[0], required=True, enum=list_values(topics_left)),
        describe_column("licence", "string", "SPDX id of the licence of the package", "MIT", required=True),
        describe_column("lang", "string", "language of the text", "en", required=True, enum=list_values(["en"])),
        describe_column("path", "string", "the file inside the package", "numpy/linalg.py", required=True),
        describe_column("collector", "string", "who collected it", "bench", required=True, enum=list_values(["bench"])),
        describe_column("method", "string", "how it was collected", "read", required=True, enum=list_values(["read"])),
        describe_column(
            "place", "string", "where it was collected", "site-packages", required=True, enum=list_values(["site-packages"])
        ),
        describe_column(
            "collected_at", "timestamp", "when the file was installed here", "2026-11-01T00:00:00Z", required=True, unit="UTC"
        ),
        describe_column("available_at", "timestamp", "when the table was made", "2026-11-01T00:00:00Z", required=True, unit="UTC"),
    ]
    contract = make_contract(
        "documents",
        "pretraining",
        ["text"],
        {
            "id": "id",
            "text": "text",
            "source_id": "source",
            "domain": "topic",
            "lang": "lang",
            "licence": "licence",
            "source_uri": "path",
            "collector": "collector",
            "method": "method",
            "place": "place",
            "collected_at": "collected_at",
            "available_at": "available_at",
            "channel": "channel",
        },
        {
            "min_rows": len(rows),
            "min_tokens": int(rows["text"].str.len().sum() / 4),
            "domain_taxonomy": topics_left,
            "languages": ["en"],
            "channels": ["public"],
            "source_ledger": ledger,
            "domain_mix": {name: int(many) for name, many in Counter(rows["topic"]).items()},
            "source_mix": {name: int(many) for name, many in counts.items()},
            "sla_latency": 30,
            "purpose": "research",
            "attributes": ["source", "topic", "licence"],
            "terminology": TERMS,
            "licence_terms": {"name": "each package's own", "text": "LICENSE files", "uses": "any", "contact": "bench"},
        },
        columns,
        [
            choose_parameter("domain_taxonomy_coverage", min_per_domain=20),
            choose_parameter("source_effective_number", target_sources=10),
        ],
        {
            4: "texts for pretraining have no task",
            21: "texts for pretraining have no task",
            29: "it is to hold public texts alone",
        },
    )
    return Dataset("documents", rows, contract, datetime(2026, 12, 1, tzinfo=UTC))


def curate_documents() -> Path:
    """What curation keeps of installed documentation, as JSON lines; made where it is not there; whence they are is beside it."""
    folder = cache("assess")
    kept, given = folder / "documents-kept", folder / "documents-raw.jsonl"
    if not kept.exists():
        licences = list_licences()
        found = list(islice_documents())
        whence = pd.DataFrame(
            {
                "id": [key for key, *_ in found],
                "source": [package for _, package, *_ in found],
                "kind": [kind for _, _, kind, *_ in found],
                "licence": [licences.get(package, "") for _, package, *_ in found],
                "lang": "en",
                "path": [name for _, _, _, name, *_ in found],
                "collector": "bench",
                "method": "read",
                "place": "site-packages",
                "channel": "public",
                "collected_at": [datetime.fromtimestamp(Path(path).stat().st_mtime, UTC) for *_, path in found],
                "available_at": datetime.now(UTC),
            }
        )
        whence.to_parquet(folder / "documents-whence.parquet", index=False, coerce_timestamps="us", allow_truncated_timestamps=True)
        with given.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps({"id": key, "text": text}) + "\n" for key, _, _, _, text, _ in found)
        resonance.open(str(folder / "curated")).curate(given, export=kept)
    return next(iter(sorted(kept.rglob("*.jsonl"))))


def islice_documents() -> Iterator[tuple[str, str, str, str, str, str]]:
    """Id, package, kind, name, text and path of documents, at most ``MOST_EACH`` a package, of packages whose licence is known."""
    licences, seen = list_licences(), Counter[str]()
    for source in list_sources():
        if not licences.get(source.package) or seen[source.package] >= MOST_EACH:
            continue
        try:
            texts = list(READERS[source.kind](source.path))
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        for part, _, text in texts[: MOST_EACH - seen[source.package]]:
            seen[source.package] += 1
            key = f"{source.package}/{source.name}" + (f":{part}" if part else "")
            yield key, source.package, source.kind, source.name, text, source.path

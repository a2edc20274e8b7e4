"""How long an assessment takes: texts of given sizes, an append to the smallest, and a table beside great_expectations and PyDeequ.

python -m tests.bench.assess_speed [--sizes 508,2048] [--rows 10000000] [--only texts,append,table] [--no-result]

Each figure is of a process of its own. Its seconds begin where the engine has started; what compiles once for a machine should be
there. Those of peers begin before they read the file, as ours do. The size of texts is that of their JSON lines.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import yaml
from deltalake import write_deltalake
from rich.console import Console
from rich.table import Table

import resonance
from tests.bench.assess_datasets import describe_column, list_values, make_contract
from tests.bench.corpus import sized_corpus
from tests.bench.environments import PEERS, python_of, versions_of
from tests.bench.places import cache, cpu_seconds, write_result
from tests.bench.speed_process import run

SECONDS_PER_GB, MOST_GB, MOST_GROWTH, MOST_OF_FULL, LEAST_SPEEDUP = 60.0, 6.0, 4.2, 0.15, 2.0
"""The goals: of texts, of memory, of 2 GB beside 508 MB, of an append beside the whole, and beside the peer."""
APPENDED = 0.01
"""The share of a table's rows that are appended."""
CHECKERS = {"great_expectations": "expectations", "PyDeequ": "deequ"}
"""The environment and script of each peer that checks rules of a table."""
PARTS = ("texts", "append", "table")
SEED = 1
BATCH = 500_000
NOW = datetime(2026, 12, 1, tzinfo=UTC)
NUMBERS = [f"number_{place}" for place in range(9)]
WHOLES = [f"whole_{place}" for place in range(4)]
CODES = [f"code_{place}" for place in range(4)]
VALUES = [f"value {place}" for place in range(12)]
PATTERN = "[A-Z]{2}[0-9]{6}"


def make_texts(megabytes: float) -> Path:
    """A Parquet file of English texts, made of as many megabytes of JSON lines; with its contract beside it."""
    path = cache("assess") / f"texts-{megabytes:g}mb.parquet"
    if not path.exists():
        fresh = path.with_suffix(".fresh")
        writer = None
        for part in sorted(sized_corpus(megabytes, english=True).glob("*.jsonl")):
            rows = pyarrow.json.read_json(part)
            writer = writer or pq.ParquetWriter(fresh, rows.schema)
            writer.write_table(rows, row_group_size=20_000)
        if writer is not None:
            writer.close()
        fresh.rename(path)
    columns = [
        describe_column("id", "string", "names the text", "0-1", required=True),
        describe_column("text", "string", "the text", "A sentence.", required=True),
        describe_column("source", "string", "the package that it comes from", "numpy", required=True),
    ]
    roles = {"id": "id", "text": "text", "source_id": "source"}
    write_contract(path, make_contract("texts", "pretraining", ["text"], roles, {"min_rows": 1000}, columns))
    return path


def make_table(rows: int) -> Path:
    """A Parquet file of 20 columns of numbers, codes and texts, with its contract beside it."""
    path = cache("assess") / f"table-{rows}.parquet"
    if not path.exists():
        fresh = path.with_suffix(".fresh")
        first, *others = draw_batches(rows)
        with pq.ParquetWriter(fresh, first.schema) as writer:
            for batch in (first, *others):
                writer.write_batch(batch)
        fresh.rename(path)
    columns = [
        describe_column("id", "integer", "counts the rows", 1, required=True, unique=True),
        *(
            describe_column(name, "number", "a number", 0.5, required=True, logicalTypeOptions={"minimum": -10, "maximum": 10})
            for name in NUMBERS
        ),
        *(
            describe_column(name, "integer", "a whole number", 5, required=True, logicalTypeOptions={"minimum": 0, "maximum": 999})
            for name in WHOLES
        ),
        *(describe_column(name, "string", "a code", VALUES[0], required=True, enum=list_values(VALUES)) for name in CODES),
        describe_column(
            "mark", "string", "two letters, six digits", "AB000001", required=True, logicalTypeOptions={"pattern": PATTERN}
        ),
        describe_column("day", "timestamp", "a day", "2026-01-01T00:00:00Z", required=True),
    ]
    roles = {"id": "id", "source_id": CODES[0], "domain": CODES[1], "label": CODES[2], "created_at": "day"}
    declared = {"min_rows": rows, "labels": VALUES, "domain_taxonomy": VALUES, "attributes": CODES}
    write_contract(path, make_contract("table", "general", ["structured", "labelled"], roles, declared, columns))
    return path


def draw_batches(rows: int) -> Iterator[pa.RecordBatch]:
    """The table's rows: a thousandth of the numbers breaks its bounds."""
    draw = np.random.default_rng(SEED)
    values = pa.array(VALUES)
    for start in range(0, rows, BATCH):
        many = min(BATCH, rows - start)
        days = (draw.integers(1_735_700_000, 1_796_000_000, many) * 1_000_000).astype("datetime64[us]")
        yield pa.RecordBatch.from_pydict(
            {
                "id": pa.array(np.arange(start, start + many)),
                **{name: pa.array(draw.normal(0, 3, many)) for name in NUMBERS},
                **{name: pa.array(draw.integers(0, 1000, many)) for name in WHOLES},
                **{name: values.take(pa.array(draw.integers(0, len(VALUES), many))) for name in CODES},
                "mark": pa.array([f"AB{number:06d}" for number in draw.integers(0, 1_000_000, many).tolist()]),
                "day": pa.array(days, pa.timestamp("us", tz="UTC")),
            }
        )


def write_contract(data: Path, contract: dict[str, Any]) -> None:
    """The contract, beside the data."""
    data.with_suffix(".odcs.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), encoding="utf-8")


def list_checks() -> list[dict[str, Any]]:
    """The rules of the table's contract that the peer knows too."""
    return [
        *({"kind": "present", "column": name} for name in ("id", *NUMBERS, *WHOLES, *CODES, "mark", "day")),
        *({"kind": "between", "column": name, "least": -10, "most": 10} for name in NUMBERS),
        *({"kind": "between", "column": name, "least": 0, "most": 999} for name in WHOLES),
        *({"kind": "among", "column": name, "values": VALUES} for name in CODES),
        {"kind": "matches", "column": "mark", "pattern": f"^{PATTERN}$"},
        {"kind": "unique", "column": "id"},
    ]


def assess_append(path: Path) -> dict[str, Any]:
    """Runs in a process of its own: what a Delta table takes, and what it takes once more after an append."""
    rows, data, workspace = pq.read_table(path), cache("assess", "append"), cache("assess", "append-workspace")
    for folder in (data, workspace):
        shutil.rmtree(folder)
    promised, cut = path.with_suffix(".odcs.yaml"), round(rows.num_rows * (1 - APPENDED))
    write_deltalake(data, rows.slice(0, cut))
    w = resonance.open(str(workspace))
    w.operators(data, promised)  # starts the engine, and reads no row
    found = {"full": time_assess(w, data, promised)}
    write_deltalake(data, rows.slice(cut), mode="append")
    found["appended"] = time_assess(w, data, promised)
    return {"rows": cut, "appended_rows": rows.num_rows - cut, **found}


def time_assess(w: Any, data: Path, promised: Path, output: Path | None = None) -> dict[str, float]:
    """Seconds and CPU seconds of one assessment."""
    began, before = time.monotonic(), cpu_seconds()
    w.assess(data, promised, now=NOW, output=output)
    return {"seconds": round(time.monotonic() - began, 1), "cpu_seconds": round(cpu_seconds() - before, 1)}


def assess_file(path: Path) -> dict[str, Any]:
    """Runs in a process of its own: what assessing a file takes, beyond the session's start, and how much was measured."""
    out, promised = path.with_suffix(".out.json"), path.with_suffix(".odcs.yaml")
    workspace = cache("assess") / "speed"
    shutil.rmtree(workspace, ignore_errors=True)  # what it keeps of an earlier assessment would not be read again
    w = resonance.open(str(workspace))
    started = time.monotonic()
    w.operators(path, promised)  # starts the engine, and reads no row
    ready = time.monotonic()
    took = time_assess(w, path, promised, out)
    results = json.loads(out.read_text(encoding="utf-8"))["results"]
    states = [one["state"] for one in results if not one["stratum"]]
    return {**took, "start_seconds": round(ready - started, 1), "scored": states.count("scored"), "asked": len(states)}


def time_assessment(path: Path, how: str = "--assess") -> dict[str, Any]:
    """What assessing a file takes, with the memory of all processes together."""
    log = cache("assess") / "speed.log"
    usage = run((sys.executable, "-m", "tests.bench.assess_speed", how, path), log, ours=True)
    return {**read_last(log), "peak_gb": usage.peak_gb}


def time_peer(path: Path, name: str) -> dict[str, Any]:
    """What a peer takes for the rules that both know."""
    log, asked = cache("assess") / "speed-peer.log", path.with_suffix(".checks.json")
    asked.write_text(json.dumps(list_checks()), encoding="utf-8")
    usage = run((python_of(name), PEERS / f"{name}_checks.py", path, asked), log)
    return {**read_last(log), "peak_gb": usage.peak_gb, "versions": versions_of(name)}


def read_last(log: Path) -> dict[str, Any]:
    """The figures in a log's last line."""
    found: dict[str, Any] = json.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    return found


def judge_texts(found: dict[float, dict[str, Any]]) -> dict[str, Any]:
    """What the goals say of texts by megabytes."""
    whole = {f"{size:g} MB, seconds per GB": one["seconds"] / size * 1000 for size, one in found.items()} | {
        f"{size:g} MB, memory in GB": one["peak_gb"] for size, one in found.items()
    }
    goals = {name: SECONDS_PER_GB if "seconds" in name else MOST_GB for name in whole}
    if {508.0, 2048.0} <= set(found):
        whole["growth from 508 MB to 2 GB"] = found[2048.0]["seconds"] / found[508.0]["seconds"]
        goals["growth from 508 MB to 2 GB"] = MOST_GROWTH
    return {name: {"value": round(value, 2), "goal": goals[name], "met": value <= goals[name]} for name, value in whole.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda given: [float(size) for size in given.split(",")], default=[508.0, 2048.0])
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--only", type=lambda given: given.split(","), default=list(PARTS), help=f"parts of it: {','.join(PARTS)}")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    parser.add_argument("--assess", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--append", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.append:
        print(json.dumps(assess_append(asked.append)))
        return
    if asked.assess:
        print(json.dumps(assess_file(asked.assess)))
        return
    figures: dict[str, Any] = {}
    table = Table("what", "seconds", "CPU seconds", "memory in GB", "checks or operators", title="assessment")
    if "texts" in asked.only:
        texts = {}
        for size in asked.sizes:
            texts[size] = time_assessment(make_texts(size))
            add_figures(table, f"texts, {size:g} MB", texts[size], f"{texts[size]['scored']} of {texts[size]['asked']}")
        figures["texts"] = {f"{size:g}": one for size, one in texts.items()}
        figures["goals of texts"] = judge_texts(texts)
    if "append" in asked.only:
        found = time_assessment(make_texts(min(asked.sizes)), "--append")
        share = found["appended"]["seconds"] / found["full"]["seconds"]
        for name, one in (("texts, as Delta", found["full"]), ("the same after an append of 1 %", found["appended"])):
            add_figures(table, name, {**one, "peak_gb": found["peak_gb"]}, "")
        figures["append"] = found
        figures["goal of the append"] = {"of the full time": round(share, 3), "goal": MOST_OF_FULL, "met": share <= MOST_OF_FULL}
    if "table" in asked.only:
        path = make_table(asked.rows)
        ours = time_assessment(path)
        add_figures(table, f"table, {asked.rows} rows", ours, f"{ours['scored']} of {ours['asked']}")
        figures["table"] = {"rows": asked.rows, "columns": 20, "ours": ours}
        for name, environment in CHECKERS.items():
            theirs = time_peer(path, environment)
            add_figures(table, name, theirs, str(theirs["checks"]))
            figures["table"][name] = theirs
            ratio = theirs["seconds"] / ours["seconds"]
            goal = {"times as fast": round(ratio, 2), "goal": LEAST_SPEEDUP, "met": ratio >= LEAST_SPEEDUP}
            figures[f"goal of the table beside {name}"] = goal
    Console(width=120).print(table)
    print(json.dumps({name: one for name, one in figures.items() if name.startswith("goal")}, indent=1))
    if not asked.no_result:
        given = f"--sizes {','.join(f'{size:g}' for size in asked.sizes)} --rows {asked.rows} --only {','.join(asked.only)}"
        print(write_result("assess-speed", f"python -m tests.bench.assess_speed {given}", figures))


def add_figures(table: Table, name: str, found: dict[str, Any], checks: str) -> None:
    """One row of what people read."""
    table.add_row(name, f"{found['seconds']:.1f}", f"{found['cpu_seconds']:.1f}", f"{found['peak_gb']:.2f}", checks)


if __name__ == "__main__":
    main()

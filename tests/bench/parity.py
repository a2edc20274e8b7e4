"""Our signals and verdicts against those of other engines, document by document.

python -m tests.bench.parity [--only datatrove] [--documents N] [--each N] [--workers N] [--no-result]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from resonance.runtime.policies import load_policy
from tests.bench import constructed, corpus, edges_dolma
from tests.bench.environments import PEERS, python_of, versions_of
from tests.bench.parity_compare import TOLERANCE, Difference, Tally, compare, goal
from tests.bench.parity_ours import Stages, answers
from tests.bench.places import cache, cores, write_result

PIECE_DOCUMENTS = 1_000
out = Console()


@dataclass(frozen=True)
class Engine:
    """A peer, the policy of ours that means the same, and which of its rules each filter of the peer holds."""

    name: str
    policy: str
    filters: Mapping[str, tuple[str, ...]]

    def reached(self, row: Mapping[str, Any], peer: Mapping[str, Any]) -> bool | None:
        """Whether the peer says of a constructed document what it was made for; none where it was not made for this peer."""
        if row.get("filter") == self.name:
            signal, side, limit = edges_dolma.LIMITS[row["rule"]]
            value = peer["signals"][signal]
            return row["outside"] is (value < limit if side == "below" else value > limit)
        if row.get("filter") in self.filters:
            return bool(peer["reasons"][row["filter"]] == row["expected"])
        return None

    @property
    def script(self) -> Path:
        """What asks the peer."""
        return PEERS / f"{self.name}_signals.py"

    def stages(self) -> Stages:
        """Our side."""
        return Stages.of(load_policy(self.policy), self.filters)


ENGINES = (
    Engine("datatrove", "fineweb", {name: tuple(rules) for name, rules in constructed.DATATROVE.items()}),
    Engine("dolma", "dolma", {}),
)


def asked(engine: Engine, questions: Path, workers: int) -> Iterator[dict[str, Any]]:
    """The peer's answers, piece by piece: pieces that were answered before come from the cache."""
    with questions.open(encoding="utf-8") as file:
        while piece := "".join(islice(file, PIECE_DOCUMENTS)):
            yield from map(json.loads, answered(engine, piece, workers).open(encoding="utf-8"))


def answered(engine: Engine, piece: str, workers: int) -> Path:
    """The file of the peer's answers to one piece; made anew when the script, the peer or the questions change."""
    parts = (engine.script.read_bytes(), (PEERS / f"{engine.name}.txt").read_bytes(), piece.encode())
    digest = hashlib.sha256(b"|".join(parts)).hexdigest()[:16]
    path = cache("answers") / f"{engine.name}-{digest}.jsonl"
    if not path.exists():
        questions, fresh = path.with_suffix(".questions"), path.with_suffix(".fresh")
        questions.write_text(piece, encoding="utf-8")
        command = (python_of(engine.name), "-W", "ignore", engine.script, questions, fresh, workers)
        subprocess.run([str(part) for part in command], check=True)
        fresh.rename(path)
        questions.unlink()
    return path


@dataclass
class Comparison:
    """One engine on one corpus."""

    engine: str
    corpus: str
    documents: int
    raised: int
    tallies: dict[str, Tally]
    differences: list[Difference]
    reached: Counter[bool]
    seconds: float

    def missed(self) -> list[str]:
        """Measures that fall short of their goal."""
        return [measure for measure, tally in self.tallies.items() if tally.share < goal(measure)]

    def figures(self) -> dict[str, Any]:
        """What the result file says."""
        causes = sum((tally.causes for tally in self.tallies.values()), Counter[str]())
        return {
            "documents": self.documents,
            "documents_on_which_the_peer_raises": self.raised,
            "documents_that_differ": len({d.id for d in self.differences}),
            "made_for_a_rule_and_reach_it": f"{self.reached[True]} of {self.reached.total()}",
            "equal": {measure: tally.share for measure, tally in self.tallies.items()},
            "peer_cuts": {m.removeprefix("rule "): t.hits for m, t in self.tallies.items() if m.startswith("rule ")},
            "causes": dict(causes.most_common()),
            "missed": self.missed(),
        }


def compared(engine: Engine, name: str, questions: Path, workers: int) -> Comparison:
    """Asks both sides about every document of a corpus, and compares."""
    out.print(f"{engine.name}, {name}: {questions.stat().st_size / 1e6:,.0f} MB …")
    began = time.monotonic()
    rows = [json.loads(line) for line in questions.open(encoding="utf-8")]
    texts = {row["id"]: row["text"] for row in rows}
    theirs = asked(engine, questions, workers)
    result = Comparison(engine.name, name, len(rows), 0, {}, [], Counter(), 0.0)
    stages = engine.stages()
    for row, (own_id, ours), peer in zip(rows, answers(texts, stages), theirs, strict=True):
        if own_id != row["id"] or peer["id"] != row["id"]:
            raise ValueError(f"answers are out of step at {row['id']}: {own_id}, {peer['id']}")
        if "error" in peer:
            result.raised += 1
            continue
        peer.setdefault("reasons", {"chain": stages.first(peer["rules"])})  # an engine that scores gives no reasons
        result.differences += compare(row, ours, peer, result.tallies)
        if (reached := engine.reached(row, peer)) is not None:
            result.reached[reached] += 1
    result.seconds = round(time.monotonic() - began, 1)
    return result


def show(comparison: Comparison) -> None:
    """Prints a table by measure."""
    table = Table("measure", title=f"{comparison.engine}, {comparison.corpus}")
    for heading in ("compared", "differ", "% equal", "peer cuts"):
        table.add_column(heading, justify="right")
    for measure, tally in comparison.tallies.items():
        style = "red" if tally.share < goal(measure) else ""
        cuts = f"{tally.hits:,}" if measure.startswith("rule") else ""
        differ = tally.compared - tally.equal
        table.add_row(measure, f"{tally.compared:,}", f"{differ:,}", f"{100 * tally.share:.3f}", cuts, style=style)
    out.print(table)
    causes = sum((tally.causes for tally in comparison.tallies.values()), Counter[str]())
    for cause, count in causes.most_common():
        out.print(f"  {count:,} differences: {cause}", markup=False)
    if comparison.reached:
        reached = f"{comparison.reached[True]:,} of {comparison.reached.total():,}"
        out.print(f"  {reached} constructed documents get from the peer the reason that they were made for")


def write_differences(comparisons: list[Comparison]) -> Path:
    """Writes every difference as a line of JSON in the cache."""
    path = cache("differences") / "parity.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for comparison in comparisons:
            for difference in comparison.differences:
                row = {"engine": comparison.engine, "corpus": comparison.corpus, **asdict(difference)}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [engine.name for engine in ENGINES]
    parser.add_argument("--only", choices=names, action="append", help="engine to compare with; all where none is named")
    parser.add_argument("--documents", type=int, default=corpus.DOCUMENTS, help="real documents")
    parser.add_argument("--each", type=int, default=constructed.EACH, help="constructed documents on each side of a threshold")
    parser.add_argument("--workers", type=int, default=cores(), help="processes of the peer")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    options = parser.parse_args()
    questions = {
        "real": corpus.real_corpus(options.documents),
        "constructed": constructed.constructed_corpus(options.each),
    }
    found = [
        compared(engine, name, path, options.workers)
        for engine in ENGINES
        if engine.name in (options.only or names)
        for name, path in questions.items()
    ]
    for comparison in found:
        show(comparison)
    out.print(f"differences: {write_differences(found)}", soft_wrap=True)
    if not options.no_result:
        engines = dict.fromkeys(comparison.engine for comparison in found)
        figures = {
            "versions": {engine: versions_of(engine) for engine in engines},
            "tolerance": TOLERANCE,
            "results": {engine: {c.corpus: c.figures() for c in found if c.engine == engine} for engine in engines},
        }
        out.print(f"result: {write_result('parity', 'make bench-parity', figures)}", soft_wrap=True)
    sys.exit(1 if any(comparison.missed() for comparison in found) else 0)


if __name__ == "__main__":
    main()

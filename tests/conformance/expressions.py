"""What Spark answers to every probe, kept in ``expected.json``, and what an engine answers.

After a probe was added or changed, ``.venv/bin/python -m tests.conformance.expressions`` asks Spark again and writes the file.
With an engine and parts of names, ``… spark "job: draw"``, it prints what that engine answers.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from tests.conformance.aggregates import AGGREGATES, WINDOWS
from tests.conformance.arrow import KERNELS
from tests.conformance.files import FILES
from tests.conformance.jobs import JOBS
from tests.conformance.known import KNOWN
from tests.conformance.relations import ORDERED, RELATIONS
from tests.conformance.scalars import SCALARS, Expression
from tests.conformance.sources import Form, Frames, Probe
from tests.conformance.values import VALUES

FILE = Path(__file__).with_name("expected.json")
ERROR = "error"
PROBES: Mapping[str, Probe] = {**RELATIONS, **AGGREGATES, **WINDOWS, **KERNELS, **FILES, **VALUES, **JOBS}
Answer = Any
"""``ERROR``, or the type of what came back and its values; the hash of these where they are long."""
LONGEST = 3_000
"""Characters of values that are kept as they are."""


def probes() -> Mapping[str, Probe]:
    """Every probe of a frame."""
    return {**PROBES, **{name: difference.probe for name, difference in KNOWN.items()}}


def names() -> Iterator[str]:
    """Every probe by its name."""
    yield from (f"{source}: {name}" for source, probes in SCALARS.items() for name in probes)
    yield from (*PROBES, *KNOWN)


def ask(session: SparkSession, folder: Path, form: Form = "files", whole: Sequence[str] = ()) -> dict[str, Answer]:
    """The engine's answer to every probe; or to those whose names hold one of these parts, long answers as they are then."""

    def wanted(name: str) -> bool:
        return not whole or any(part in name for part in whole)

    frames = Frames(session, folder, form)
    found: dict[str, Answer] = {}
    for source, expressions in SCALARS.items():
        asked = {f"{source}: {name}": expression for name, expression in expressions.items() if wanted(f"{source}: {name}")}
        found |= _scalars(frames[source], asked)
    for name, probe in probes().items():
        if wanted(name):
            found[name] = _answered(probe, frames, ordered=name in ORDERED, digits=12 if name in JOBS else 17)
    return found if whole else {name: shortened(answer) for name, answer in found.items()}


def shortened(answer: Answer) -> Answer:
    """An answer whose values are kept by their hash where they are long."""
    if answer == ERROR or len(said := json.dumps(answer["values"])) <= LONGEST:
        return answer
    return {"type": answer["type"], "rows": len(answer["values"]), "sha256": hashlib.sha256(said.encode()).hexdigest()}


def _scalars(frame: DataFrame, probes: Mapping[str, Expression]) -> dict[str, Answer]:
    """Answers of expressions over one frame: in one query where all of them succeed, else each in one of its own."""
    try:
        return _asked_together(frame, probes)
    except Exception:
        found = {}
        for name, expression in probes.items():
            try:
                found |= _asked_together(frame, {name: expression})
            except Exception:
                found[name] = ERROR
        return found


def _asked_together(frame: DataFrame, probes: Mapping[str, Expression]) -> dict[str, Answer]:
    columns = [_column(expression).alias(str(place)) for place, expression in enumerate(probes.values())]
    made = frame.select(F.col("id").alias("row"), *columns)
    rows = sorted(made.collect(), key=lambda row: row["row"])
    kinds = [field.dataType.simpleString() for field in made.schema.fields[1:]]
    return {name: {"type": kinds[place], "values": [plain(row[place + 1]) for row in rows]} for place, name in enumerate(probes)}


def _column(expression: Expression) -> Column:
    return F.expr(expression) if isinstance(expression, str) else expression()


def _answered(probe: Probe, frames: Frames, *, ordered: bool, digits: int) -> Answer:
    try:
        made = probe(frames)
        if not isinstance(made, DataFrame):
            return {"type": "python", "values": plain(made, digits)}
        rows = [plain(tuple(row), digits) for row in made.collect()]
        kind = ", ".join(field.dataType.simpleString() for field in made.schema.fields)
    except Exception:
        return ERROR
    return {"type": kind, "values": rows if ordered else sorted(rows, key=json.dumps)}


def plain(value: Any, digits: int = 17) -> Any:
    """A value as JSON that tells apart what engines confuse: NaN and null, bytes and text; but not zero and minus zero."""
    if isinstance(value, bytes | bytearray):
        return {"bytes": bytes(value).hex()}
    if isinstance(value, float):
        return float(f"{value:.{digits}g}") + 0.0 if math.isfinite(value) else {"double": str(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, Row):
        return {"struct": [[name, plain(part, digits)] for name, part in zip(value.__fields__, value, strict=True)]}
    if isinstance(value, Mapping):
        return {"map": sorted(([plain(key), plain(part, digits)] for key, part in value.items()), key=json.dumps)}
    if isinstance(value, list | tuple):
        return [plain(part, digits) for part in value]
    return value


def differing(one: Mapping[str, Answer], other: Mapping[str, Answer]) -> list[str]:
    """The probes whose answers are not the same."""
    return [name for name in one if one[name] != other.get(name)]


def told(names: Iterable[str], said: Mapping[str, Answer], expected: Mapping[str, Answer]) -> str:
    """What was said and what Spark says, for people: the first places that differ."""
    return "\n".join(line for name in names for line in _told(name, said.get(name), expected.get(name)))


def _told(name: str, said: Answer, expected: Answer) -> Iterator[str]:
    if ERROR in (said, expected) or "values" not in said or "values" not in expected or said["type"] != expected["type"]:
        yield f"{name}: {str(said)[:300]} where Spark says {str(expected)[:300]}"
        return
    one, other = said["values"], expected["values"]
    if not isinstance(one, list) or len(one) != len(other):
        one, other = [one], [other]
    for place, (mine, theirs) in enumerate(zip(one, other, strict=True)):
        if mine != theirs:
            yield f"{name}[{place}]: {str(mine)[:300]} where Spark says {str(theirs)[:300]}"


def read() -> dict[str, Answer]:
    """Spark's answers as they are kept."""
    kept: dict[str, Answer] = json.loads(FILE.read_text(encoding="utf-8"))
    return kept


def write(answers: Mapping[str, Answer]) -> None:
    """Keep Spark's answers: a line a probe, so that a change shows as one."""
    lines = (f"{json.dumps(name)}: {json.dumps(answers[name], ensure_ascii=True)}" for name in sorted(answers))
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(asked: Sequence[str]) -> None:
    """Ask Spark every probe and write its answers; or print what an engine answers to some."""
    from resonance.core.settings import SparkSettings
    from resonance.runtime.engines.session import open_engine

    name, *parts = asked or ["spark"]
    with TemporaryDirectory() as folder:
        settings = SparkSettings(master="local[2]", driver_memory="2g")
        engine = open_engine("embedded" if name == "embedded" else "spark", settings, Path(folder) / "spill")
        answers = ask(engine.session, Path(folder) / "sources", whole=parts)
        engine.stop()
    if parts:
        sys.stdout.write("".join(f"{name}: {json.dumps(answer)}\n" for name, answer in answers.items()))
        return
    write(answers)
    sys.stdout.write(f"{len(answers)} answers in {FILE}\n")


if __name__ == "__main__":
    main(sys.argv[1:])

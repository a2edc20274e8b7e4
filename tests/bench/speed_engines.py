"""One run of each engine over a folder of JSON lines, as a process of its own."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from resonance.runtime import resources
from tests.bench.environments import PEERS, python_of
from tests.bench.places import cache
from tests.bench.speed_process import Usage, run

RESONANCE = Path(sys.executable).with_name("resonance")
OURS, EVERY = "ours", "ours every profile"
ALL = ("basics", "datatrove", "dolma", "dclm")
"""Every signal set but ``line_languages``, which asks a language model about each line."""
POLICY = "fineweb"
SCRIPTS: dict[str, tuple[str, ...]] = {
    "datatrove": ("datatrove_filters.py",),
    "juicer": ("juicer_recipes.py", "filters"),
    "datatrove minhash": ("datatrove_minhash.py",),
    "juicer minhash": ("juicer_recipes.py", "minhash"),
    "daft signing": ("daft_signing.py",),
}
"""What each peer runs, in the environment that the first word of its name stands for, with what it is given last."""


@dataclass(frozen=True)
class Run:
    """One engine at one size."""

    engine: str
    megabytes: float
    seconds: float
    cpu_seconds: float
    peak_gb: float

    @classmethod
    def of(cls, engine: str, megabytes: float, usage: Usage) -> Run:
        """A run with what it used."""
        return cls(engine, megabytes, usage.seconds, usage.cpu_seconds, usage.peak_gb)


def workspace(megabytes: float, engine: str = OURS) -> Path:
    """Where our run of that size leaves its tables."""
    return cache("speed") / f"{engine.replace(' ', '-')}-{megabytes:g}mb"


def place(megabytes: float, engine: str = OURS) -> tuple[object, ...]:
    """The options of every run of ours; it uses the cores that this process may use."""
    return ("--workspace", workspace(megabytes, engine))


def jobs(megabytes: float, corpus: Path) -> tuple[object, ...]:
    """What the peers do and no more: read, measure, rewrite, write all texts and signals, judge; and our report."""
    own = (
        "--set",
        f"ingest.inputs=[{corpus}]",
        "--set",
        "ingest.keep_raw=false",
        "--set",
        f"judge.policy={POLICY}",
        "--set",
        "clean.sets=[]",
    )
    return (RESONANCE, "run", "ingest", "judge", *place(megabytes), *own)


def curate(megabytes: float, corpus: Path, engine: str = OURS) -> tuple[object, ...]:
    """The whole of ``curate``; duplicates stay in, as the peers leave them."""
    measured = ("--set", f"clean.sets=[{'' if engine == OURS else ','.join(ALL)}]")
    return (RESONANCE, "curate", corpus, "--rules", POLICY, "--dedup", "none", *place(megabytes, engine), *measured)


def ours(megabytes: float, corpus: Path, engine: str = OURS) -> Run:
    """``jobs`` into a fresh workspace, or, as engine ``EVERY``, ``curate`` measuring all profiles."""
    shutil.rmtree(workspace(megabytes, engine), ignore_errors=True)
    command = jobs(megabytes, corpus) if engine == OURS else curate(megabytes, corpus, engine)
    return Run.of(engine, megabytes, run(command, log(engine, megabytes)))


def peer(engine: str, megabytes: float, corpus: Path, cores: int) -> Run:
    """The peer's script, from a folder of JSON lines to files."""
    target = output(engine, megabytes)
    shutil.rmtree(target, ignore_errors=True)
    script, *last = SCRIPTS[engine]
    command = (python_of(engine.partition(" ")[0]), PEERS / script, corpus, target, cores, *last)
    return Run.of(engine, megabytes, run(command, log(engine, megabytes)))


def judge(megabytes: float) -> Run:
    """``resonance judge`` on the workspace that our run of that size left: one threshold changed, verdicts written."""
    command = (RESONANCE, "judge", "--policy", changed_policy(), "--apply", *place(megabytes))
    return Run.of("judge", megabytes, run(command, log("judge", megabytes)))


def changed_policy() -> Path:
    """The policy with one threshold changed, as a file."""
    content: dict[str, Any] = yaml.safe_load((resources.folder("conf") / "policies" / f"{POLICY}.yaml").read_text(encoding="utf-8"))
    (rule,) = (rule for rule in content["rules"] if rule["rule"] == "gopher_short_doc")
    rule["below"] = 60
    path = cache("speed") / "changed.yaml"
    path.write_text(yaml.safe_dump({**content, "version": content["version"] + 1}), encoding="utf-8")
    return path


def agreement(megabytes: float, corpus: Path) -> dict[str, int]:
    """How many documents our run and datatrove's of that size keep, how many both, and on how many of these the texts are equal."""
    target = cache("speed") / "export"
    shutil.rmtree(target, ignore_errors=True)
    run((*curate(megabytes, corpus), "--export", target), log("export", megabytes))
    own, other = texts(target, "id"), texts(output("datatrove", megabytes) / "documents", "id")
    both = own.keys() & other.keys()
    equal = sum(own[name] == other[name] for name in both)
    return {"ours": len(own), "datatrove": len(other), "both": len(both), "with_equal_text": equal}


def texts(folder: Path, key: str) -> dict[str, str]:
    """The texts in a folder of JSON lines, by the id under ``key``."""
    rows = (json.loads(line) for path in folder.rglob("[!.]*.jsonl") for line in path.open(encoding="utf-8"))
    return {row[key]: row["text"] for row in rows}


def output(engine: str, megabytes: float) -> Path:
    """Where a peer's run leaves its documents."""
    return cache("speed") / f"{engine.replace(' ', '-')}-{megabytes:g}mb"


def log(engine: str, megabytes: float) -> Path:
    """Where a run's output goes."""
    return cache("speed", "logs") / f"{engine.replace(' ', '-')}-{megabytes:g}mb.txt"

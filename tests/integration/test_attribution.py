"""Wrong labels that are planted in one slice, from the first row to verdict, work, draft and report; the cost is told before."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
import yaml

from resonance.cli import main
from resonance.runtime.conf import load
from resonance.runtime.workspace import Workspace

pytestmark = [pytest.mark.train, pytest.mark.slow]
KEYS = {
    "good": ("praise", "delight", "triumph"),
    "bad": ("ruin", "sorrow", "failure"),
    "odd": ("riddle", "puzzle", "enigma"),
}
WORDS = (
    "river",
    "stone",
    "lamp",
    "cloud",
    "garden",
    "paper",
    "window",
    "silver",
    "market",
    "bridge",
    "harvest",
    "candle",
    "forest",
)
SETTINGS = {
    "ingest": {"slice_field": "slice", "min_slice_documents": 20},
    "judge": {"policy": "none"},
    "dedupe": {"method": "exact"},
    "task": {"kind": "classification", "labels": list(KEYS)},
    "rebalance": {"tokens": 200_000, "epochs": 4, "heldout_share": 0.4},
    "train": {
        "launch": "inline",
        "vocabulary": 512,
        "hidden": 32,
        "layers": 1,
        "window": 64,
        "documents_per_step": 16,
        "checkpoint_steps": 100,
        "learning_rate": 0.01,
    },
    "evaluate": {"replicates": 20},
    "attribute": {
        "min_documents": 30,
        "features": ["slice", "language", "length", "source", "copies", "rewritten", "cluster"],
        "embedding": "vector",
        "clusters": 3,
    },
    "tracking": {"enabled": False},
}


def write_rows(path: Path) -> None:
    """Texts whose label follows from their words, but for 45 in 100 of one slice."""
    chance = random.Random(7)
    rows = []
    for slice, size, noise in (("clean", 900, 0.0), ("noisy", 1_200, 0.45), ("other", 900, 0.0)):
        for _ in range(size):
            label = chance.choice(list(KEYS))
            words = chance.choices(WORDS, k=22) + [chance.choice(KEYS[label]) for _ in range(4)]
            chance.shuffle(words)
            wrong = chance.choice([name for name in KEYS if name != label])
            given = wrong if chance.random() < noise else label
            text = f"{' '.join(words).capitalize()}. Note {len(rows)} of the {slice} shelf."
            vector = [float(name == label) + chance.gauss(0, 0.05) for name in KEYS]  # what texts are about, which is no fault
            rows.append({"id": str(len(rows)), "text": text, "label": given, "slice": slice, "vector": vector})
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.mark.usefixtures("spark")
@pytest.mark.timeout(2400)
def test_planted_label_noise_is_found_told_and_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path / "rows.jsonl")
    conf, place = tmp_path / "own.yaml", ["--workspace", str(tmp_path / "w")]
    settings = {**SETTINGS, "ingest": {**SETTINGS["ingest"], "inputs": [str(tmp_path / "rows.jsonl")]}}
    conf.write_text(yaml.safe_dump(settings), encoding="utf-8")
    options = [*place, f"--conf={conf}"]
    main(["run", "--unchecked", "--rounds", "1", *options])
    capsys.readouterr()

    main(["attribute", "--dry-run", *options])
    told = capsys.readouterr().out
    assert re.search(r"9 of 9 steps would run: they train on [\d,]+ labels and score [\d,]+ documents, about ", told)
    opened = Workspace(load("local", None, (conf,), (), workspace=str(tmp_path / "w")))
    assert opened.frames()["signal_event"].where("phase = 'probe'").isEmpty()

    main(["attribute", "--unchecked", *options])
    said = capsys.readouterr().out
    assert "Verdicts of round 1" in said
    frames = opened.frames()
    verdicts = {row["slice"]: row for row in frames["verdicts"].collect()}
    assert verdicts["slice = noisy"]["cause"] == "label_noise"
    assert "raw" in next(row["read"] for row in frames["steps"].collect() if row["job"] == "attribute"), "embeddings are clustered"
    assert not {row["slice"] for row in verdicts.values() if row["cause"] == "label_noise"} & {"slice = clean", "slice = other"}
    items = {row["slice"]: row for row in frames["work_items"].collect()}
    assert items["slice = noisy"]["act"] == "repair"
    assert {row["arm"] for row in frames["signal_event"].where("phase = 'probe'").select("arm").distinct().collect()} == {
        *("again", "wide", "part-25", "part-50"),
    }

    main(["attribute", "--unchecked", *options])
    assert capsys.readouterr().out.count("skipped: up to date") == 9
    main(["status", *place])
    assert "open work on weak slices: " in capsys.readouterr().out
    main(["close", items["slice = noisy"]["item"][:8], "--name", "Ada", "--reason", "the shelf is relabelled", *place])
    assert "Ada closes " in capsys.readouterr().out
    main(["verdicts", *place])
    assert "slice = noisy, label_noise: Ada: the shelf is relabelled" in capsys.readouterr().out
    main(["why", "slice = noisy", *place])
    assert "verdict   round 1: label_noise: " in capsys.readouterr().out
    main(["suggest", *options])
    asks = {ask["slice"]: ask for ask in yaml.safe_load(capsys.readouterr().out)["asks"]}
    assert asks["slice = noisy"]["basis"] == "measured"
    assert all(ask["basis"] == "guess" for name, ask in asks.items() if verdicts[name]["cause"] == "abstain")
    page = (tmp_path / "w" / "report.html").read_text(encoding="utf-8")
    assert "wrong labels or answers" in page
    with pytest.raises(SystemExit):
        main(["attribute", "--round", "3", *options])
    assert "attribute: round 3 was not trained: there are rounds [1]" in capsys.readouterr().err

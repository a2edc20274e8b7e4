"""What annotators found is counted; policies, weightings and slices that read the counts wait for the job and follow it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession
from tests.unit.attribute.tables import make_frame

from resonance.annotate.signals import OF_ANNOTATIONS
from resonance.annotate.spans import SpreadSpans
from resonance.core.errors import ConfigError, InputError
from resonance.core.job import Step, Turn
from resonance.core.settings import Config
from resonance.curate.judge import judge, refuse_unmeasured
from resonance.factory import ANNOTATE, curation
from resonance.runtime.conf import load
from resonance.runtime.run.origins import Origins, find_origins, identify
from resonance.runtime.run.schedule import upstream
from resonance.tables import ANNOTATED, DOCUMENTS, SIGNALS

WORDS = st.lists(st.sampled_from(["dog", "Dog", "sees", "."]), max_size=8)
POLICY = {
    "name": "named",
    "version": 1,
    "rules": [{"rule": "names", "set": "annotations", "signal": "entity_density", "above": 0.5, "languages": ["en"]}],
}


@given(st.lists(WORDS, min_size=1, max_size=3))
def test_counts_are_those_of_a_plain_definition(sentences: list[list[str]]) -> None:
    """Every ``Dog`` is a name, ``dog sees`` is a term, and a sentence is positive where it has a ``sees``."""
    words = [word for sentence in sentences for word in sentence]
    text = " ".join(words)
    places = [len(" ".join(words[:number])) + (number > 0) for number in range(len(words) + 1)]
    starts = [sum(map(len, sentences[:number])) for number in range(len(sentences))]
    ends = [start + len(sentence) for start, sentence in zip(starts, sentences, strict=True)]
    filled = [(start, end) for start, end in zip(starts, ends, strict=True) if end > start]
    names = [number for number, word in enumerate(words) if word == "Dog"]
    terms = [number for number in range(len(words) - 1) if words[number : number + 2] == ["dog", "sees"]]
    whole = [(places[a], places[b] - 2, words[a:b]) for a, b in filled]
    spans = {
        "sentence": [(a, b, "") for a, b, _ in whole],
        "token": [(places[n], places[n] + len(word) - 1, word) for n, word in enumerate(words)],
        "entity": [(places[n], places[n] + 2, "NAME") for n in names],
        "term": [(places[n], places[n] + 7, "dog sees") for n in terms],
        "sentiment": [(a, b, "positive" if "sees" in held else "negative") for a, b, held in whole],
    }
    found = [
        {"kind": kind, "begins": [a for a, *_ in each], "lasts": [b for _, b, _ in each], "said": [s for *_, s in each]}
        for kind, each in spans.items()
    ]
    batch = pa.RecordBatch.from_pylist([{"doc_id": b"1", "text": text, "spans": found}])
    kinds = ("sentence", "token", "entity", "term", "sentiment")
    (made,) = SpreadSpans(kinds, ("doc_id",))(iter([batch]))
    first, *others = made.column("signals").to_pylist()
    assert others == [None] * 4
    n, times = len(words), Counter(word.lower() for word in words)
    assert first == {
        "n_sentences": len(filled),
        "n_tokens": n,
        "sentence_tokens": n / len(filled) if filled else None,
        "type_token_ratio": len(times) / n if n else None,
        "n_entities": len(names),
        "entity_density": len(names) / n if n else None,
        "n_terms": 1 if terms else 0,
        "term_density": len(terms) / n if n else None,
        "positive_share": sum("sees" in held for *_, held in whole) / len(filled) if filled else None,
    }


def test_what_a_recipe_does_not_look_for_is_null() -> None:
    assert OF_ANNOTATIONS.measure([{}]).to_pylist() == [dict.fromkeys(OF_ANNOTATIONS.names)]


def read_config(tmp_path: Path, *settings: str) -> Config:
    policy = tmp_path / "named.yaml"
    policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")
    return load(assignments=[f"judge.policy={policy}", *settings])


def identities(config: Config) -> dict[str, str]:
    found: dict[str, Origins] = {}
    steps = curation(config)
    for index, step in enumerate(steps):
        found[step.job.name] = find_origins(step, config, [found[e.job.name] for e in upstream(step, steps[:index])])
    return {name: identify(origins) for name, origins in found.items()}


def test_other_annotations_make_verdicts_stale_and_texts_not(tmp_path: Path) -> None:
    one, other = (read_config(tmp_path, f"annotate.recipes=[{name}]") for name in ("english", "english-tagged"))
    before, after = identities(one), identities(other)
    stale = {name for name in before if before[name] != after[name]}
    assert {"annotate", "judge", "dedupe"} <= stale
    assert not stale & {"ingest", "clean"}
    assert set(one.clean.sets) == {"basics"}, "what annotators find is not measured while texts are cleaned"


def test_annotations_run_before_what_reads_them_alone(tmp_path: Path) -> None:
    weighted = tmp_path / "names.yaml"
    weighted.write_text(
        "name: names\nversion: 1\nkind: by_score\nparameters: {signal: annotations.entity_density, least_at: 0.0, full_at: 0.1}\n"
    )
    assert Step(ANNOTATE) not in curation(load())
    for config in (
        read_config(tmp_path),
        load(assignments=[f"decide.weighting={weighted}"]),
        load(assignments=["attribute.features=[language,entities]"]),
    ):
        names = [step.job.name for step in curation(config)]
        assert names.index("clean") < names.index("annotate") < names.index("judge")


def test_cleaning_does_not_take_the_set(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"clean\.sets: no signal set annotations"):
        read_config(tmp_path, "clean.sets=[annotations]")


def test_a_policy_cuts_by_what_annotators_found(spark: SparkSession, tmp_path: Path) -> None:
    settings = read_config(tmp_path).judge
    ids = [{"doc_id": bytes([n] * 16), "batch": "main"} for n in range(3)]
    documents = make_frame(spark, DOCUMENTS, [row | {"cleaned_hash": row["doc_id"], "n_bytes": 1} for row in ids])
    own = [row | {"content_hash": row["doc_id"]} for row in ids]
    basics = make_frame(spark, SIGNALS.tables["basics"], [row | {"language": "de" if row is own[2] else "en"} for row in own])
    found = [row | {"entity_density": density} for row, density in zip(own, (0.1, 0.6), strict=False)]
    signals = {"basics": basics, "annotations": make_frame(spark, ANNOTATED.tables["annotations"], found)}
    rejects, _ = judge(documents, signals, settings=settings, turn=Turn("main"))
    assert [(row["doc_id"][0], row["rule"]) for row in rejects.collect()] == [(1, "names")], "German is not asked"
    refuse_unmeasured(documents, signals, settings.policy, Turn("main"))
    nothing = {**signals, "annotations": signals["annotations"].where("false")}
    with pytest.raises(InputError, match="reads signals of annotations, which were not measured .* run `resonance annotate` first"):
        refuse_unmeasured(documents, nothing, settings.policy, Turn("main"))

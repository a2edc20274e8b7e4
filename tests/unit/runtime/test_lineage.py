"""Events of runs are what OpenLineage's own models say, and tell a reader of ours the same run."""

from __future__ import annotations

import json
import sys
import typing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attr
import pytest
from openlineage.client import event_v2, facet_v2
from openlineage.client.naming.dataset import LocalFileSystem
from tests.unit.assess.quality import make_quality, make_results

from resonance.assess.books import read_events
from resonance.core.errors import ConfigError, InputError, ResonanceError
from resonance.core.settings import LineageSettings
from resonance.runtime.lineage import PRODUCER, Source, name_file, tell_run

FACETS = {
    "executionParameters": facet_v2.execution_parameters_run.ExecutionParametersRunFacet,
    "processing_engine": facet_v2.processing_engine_run.ProcessingEngineRunFacet,
    "errorMessage": facet_v2.error_message_run.ErrorMessageRunFacet,
    "jobType": facet_v2.job_type_job.JobTypeJobFacet,
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "dataQualityMetrics": facet_v2.data_quality_metrics_input_dataset.DataQualityMetricsInputDatasetFacet,
    "dataQualityAssertions": facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet,
}
"""The models of the facets, by the keys that the standard gives them."""


def rebuild(model: Any, given: Any) -> Any:
    """What was written, as an object of the client's model: its names and its checks hold."""
    if not attr.has(model) or not isinstance(given, dict):
        return given
    hints = typing.get_type_hints(model)
    own = {}
    for field in attr.fields(model):
        key = field.name
        if field.init and key in given:
            (inner,) = [part for part in typing.get_args(hints[key]) if attr.has(part)][:1] or [None]
            if key.lower().endswith("facets"):
                own[field.alias] = {name: rebuild(FACETS[name], facet) for name, facet in given[key].items()}
            elif isinstance(given[key], list):
                listed = [part for kind in typing.get_args(hints[key]) for part in typing.get_args(kind) if attr.has(part)]
                of = (listed or ([inner] if inner else [None]))[0]
                own[field.alias] = [rebuild(of, one) for one in given[key]]
            else:
                own[field.alias] = rebuild(hints[key] if attr.has(hints[key]) else inner, given[key])
    unknown = set(given) - {field.name for field in attr.fields(model)}
    assert not unknown, f"{model.__name__} has no {unknown}"
    made = model(**own)
    if "_schemaURL" in given:
        assert (given["_schemaURL"], given["_producer"]) == (model._get_schema(), PRODUCER)
    return made


def read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_tells_its_start_and_its_end(tmp_path: Path) -> None:
    path, quality = tmp_path / "events.jsonl", make_quality(make_results(1))
    inputs = [Source("file", "/数据/shop", "7"), Source("resonance", "frame")]
    with tell_run(LineageSettings(events=str(path)), "assess", inputs, {"profile": "general@1"}) as told:
        assert [event["eventType"] for event in read(path)] == ["START"], "the start is told before the work"
        told.quality[0] = quality
        told.outputs += [Source("file", "/out", "1", 8), Source("file", "/log", "2")]
    start, end = read(path)
    for event in (start, end):
        made = rebuild(event_v2.RunEvent, {**event, "eventType": event_v2.RunState(event["eventType"])})
        assert made.producer == PRODUCER
        assert made.schemaURL == event["schemaURL"]
        assert all(isinstance(one, event_v2.InputDataset) for one in made.inputs)
    assert start["run"]["runId"] == end["run"]["runId"]
    assert (end["job"]["namespace"], end["job"]["name"]) == ("resonance", "assess")
    (found,) = read_events([start, end])
    assert (found.inputs, found.outputs, found.has_params) == ({"/数据/shop": "7", "frame": None}, {"/out": "1", "/log": "2"}, True)
    assert [dataset.get("outputFacets", {}).get("outputStatistics", {}).get("rowCount") for dataset in end["outputs"]] == [8, None]
    assert found.started is not None
    assert found.ended is not None
    assert found.started <= found.ended <= datetime.now(UTC)
    shop, frame = end["inputs"]
    assert frame["inputFacets"] == start["inputs"][0]["inputFacets"] == {}
    assert shop["inputFacets"]["dataQualityMetrics"]["rowCount"] == 10
    claims = {claim["name"]: claim for claim in shop["inputFacets"]["dataQualityAssertions"]["assertions"]}
    scored = {result.operator: result.score for result in quality.results if result.score is not None}
    assert {name: float(claim["actual"]) for name, claim in claims.items()} == scored
    for name, claim in claims.items():
        floor = quality.floors.get(name)
        assert claim["severity"] == ("warn" if floor is None else "error")
        assert claim["success"] == (scored[name] >= (1 if floor is None else floor))
    assert {claim["success"] for claim in claims.values()} == {True, False}


@pytest.mark.parametrize(
    ("error", "said"), [(InputError("assess: no file x"), "assess: no file x"), (ValueError("a text of the data"), "ValueError")]
)
def test_a_run_that_fails_says_so_and_no_text_of_the_data(tmp_path: Path, error: Exception, said: str) -> None:
    path = tmp_path / "events.jsonl"
    with pytest.raises(type(error)), tell_run(LineageSettings(events=str(path)), "assess", []):
        raise error
    last = read(path)[-1]
    assert (last["eventType"], last["run"]["facets"]["errorMessage"]["message"]) == ("FAIL", said)
    rebuild(event_v2.RunEvent, {**last, "eventType": event_v2.RunState("FAIL")})
    with tell_run(LineageSettings(events=str(path)), "assess", []):
        pass
    assert [event["eventType"] for event in read(path)] == ["START", "FAIL", "START", "COMPLETE"], "runs are added"
    assert len({event["run"]["runId"] for event in read(path)}) == 2


def test_an_event_that_cannot_be_written_hides_no_error(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"

    def fail() -> None:
        with tell_run(LineageSettings(events=str(path)), "assess", []):
            path.unlink()
            path.mkdir()
            raise InputError("assess: no file x")

    with pytest.raises(InputError, match="no file x"):
        fail()


def test_nothing_is_told_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openlineage.client.uuid", None)
    with tell_run(LineageSettings(), "assess", [Source("file", "/x")]) as told:
        told.outputs.append(Source("file", "/y"))
    with (
        pytest.raises(ConfigError, match="pip install openlineage-python"),
        tell_run(LineageSettings(events="e"), "a", []),
    ):
        pass


def test_a_file_that_cannot_be_written_stops_the_run_before_it_starts(tmp_path: Path) -> None:
    ran = []
    with pytest.raises(ResonanceError, match="^lineage.events: "), tell_run(LineageSettings(events=str(tmp_path)), "a", []):
        ran.append(1)
    assert not ran


def test_files_have_the_names_of_the_standard(tmp_path: Path) -> None:
    found, named = name_file(tmp_path / "x" / ".." / "d"), LocalFileSystem(str(tmp_path / "d"))
    assert (found.namespace, found.name) == (named.get_namespace(), named.get_name())

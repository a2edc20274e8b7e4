"""Tells what runs read, wrote and found as events of OpenLineage, one JSON object a line. The only import of its client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as find_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resonance.core.errors import ConfigError, ResonanceError
from resonance.core.objects import is_elsewhere, parse_address
from resonance.core.quality import Quality
from resonance.core.settings import Config, LineageSettings
from resonance.core.sources import input_path

if TYPE_CHECKING:
    from openlineage.client.event_v2 import InputDataset, OutputDataset

PRODUCER = f"urn:resonance-factory:{find_version('resonance-factory')}"
"""The program that tells, as events name it."""


@dataclass(frozen=True)
class Source:
    """A dataset as events name it: files by ``file`` and their whole path, all else by the namespace of the settings.

    Args:
        version: of a table whose store has versions.
        rows: that a run wrote into it, where that is known.
    """

    namespace: str
    name: str
    version: str = ""
    rows: int | None = None


@dataclass
class Told:
    """What a run tells of itself while it goes on: its ends say it.

    Args:
        outputs: what it wrote.
        quality: what it found of the quality of each input, by the input's place.
    """

    outputs: list[Source] = field(default_factory=list)
    quality: dict[int, Quality] = field(default_factory=dict)


def name_file(path: Path, version: str = "") -> Source:
    """A file or folder of this machine, as OpenLineage names it."""
    return Source("file", str(path.resolve()), version)


def name_input(given: str) -> Source:
    """An input of ``ingest``: a file or folder of this machine, or what an address names in a bucket."""
    if not is_elsewhere(given):
        return name_file(input_path(given))
    address = parse_address(given)
    return Source(f"{address.scheme}://{address.bucket}", address.key or "/")


def name_table(config: Config, table: str, version: int | None = None) -> Source:
    """A table of the workspace: its folder, its address, or its name in the catalog that the settings name."""
    at = "" if version is None else str(version)
    if config.catalog:
        return Source(config.lineage.namespace, f"{config.catalog}.{table}", at)
    if config.tables:
        scheme, _, rest = config.tables.partition("://")
        bucket, _, folder = rest.partition("/")
        return Source(f"{scheme}://{bucket}", "/".join(filter(None, (folder.rstrip("/"), table))), at)
    return name_file(Path(config.workspace) / "tables" / table, at)


@contextmanager
def tell_run(
    settings: LineageSettings, job: str, inputs: Sequence[Source], params: Mapping[str, str] | None = None
) -> Iterator[Told]:
    """Tell that a run starts; and when the block ends, that it completed or failed. Nothing where no file is named.

    Args:
        settings: the file, and the namespace of jobs.
        job: what runs.
        inputs: what it reads.
        params: what it was told to do.

    Raises:
        ConfigError: the client is not installed.
        ResonanceError: the file cannot be written.
    """
    told = Told()
    if not settings.events:
        yield told
        return
    writer = Writer(settings, job, tuple(inputs), dict(params or {}))
    writer.write("START", told)
    try:
        yield told
    except BaseException as error:
        with suppress(ResonanceError):  # that the event could not be written may not hide why the run failed
            writer.write("FAIL", told, type(error).__name__ if not isinstance(error, ResonanceError) else str(error))
        raise
    writer.write("COMPLETE", told)


class Writer:
    """Writes the events of one run."""

    def __init__(self, settings: LineageSettings, job: str, inputs: tuple[Source, ...], params: Mapping[str, str]) -> None:
        try:
            from openlineage.client.facet_v2 import set_producer
            from openlineage.client.uuid import generate_new_uuid
        except ImportError:
            raise ConfigError("lineage.events asks for OpenLineage: pip install openlineage-python") from None
        self._settings, self._job, self._inputs, self._params = settings, job, inputs, params
        set_producer(PRODUCER)
        self._id = str(generate_new_uuid())

    def write(self, state: str, told: Told, error: str = "") -> None:
        """Add one event to the file."""
        from openlineage.client import event_v2 as events
        from openlineage.client import facet_v2 as facets
        from openlineage.client.transport.file import FileConfig, FileTransport

        parameters = [facets.execution_parameters_run.ExecutionParameter(key, value=value) for key, value in self._params.items()]
        of_run: dict[str, Any] = {
            "executionParameters": facets.execution_parameters_run.ExecutionParametersRunFacet(parameters),
            "processing_engine": facets.processing_engine_run.ProcessingEngineRunFacet(
                find_version("resonance-factory"), "resonance"
            ),
        }
        if error:
            of_run["errorMessage"] = facets.error_message_run.ErrorMessageRunFacet(error, "PYTHON")
        of_job: Any = {"jobType": facets.job_type_job.JobTypeJobFacet("BATCH", "RESONANCE", "JOB")}
        event = events.RunEvent(
            eventTime=datetime.now(UTC).isoformat(),
            eventType=events.RunState(state),
            run=events.Run(self._id, of_run),
            job=events.Job(self._settings.namespace, self._job, of_job),
            inputs=[_make_input(source, told.quality.get(place)) for place, source in enumerate(self._inputs)],
            outputs=list(map(_make_output, told.outputs)),
        )
        try:
            FileTransport(FileConfig(self._settings.events, append=True)).emit(event)
        except RuntimeError as problem:
            raise ResonanceError(f"lineage.events: {problem}") from None


def _make_input(source: Source, quality: Quality | None) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset

    found = {} if quality is None else _state_quality(quality)
    return InputDataset(source.namespace, source.name, inputFacets=found, facets=_state_version(source))


def _make_output(source: Source) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    found: Any = {} if source.rows is None else {"outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(source.rows)}
    return OutputDataset(source.namespace, source.name, outputFacets=found, facets=_state_version(source))


def _state_version(source: Source) -> Any:
    from openlineage.client.facet_v2 import dataset_version_dataset

    return {"version": dataset_version_dataset.DatasetVersionDatasetFacet(source.version)} if source.version else {}


def _state_quality(quality: Quality) -> Any:
    """The number of rows, and one assertion for each scored operator.

    One with a floor asserts that it is reached, and blocks; any other that nothing falls short.
    """
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as claims
    from openlineage.client.facet_v2 import data_quality_metrics_input_dataset as metrics

    made = []
    for result in quality.results:
        if result.score is not None:
            floor = quality.floors.get(result.operator)
            least = 1.0 if floor is None else floor
            made.append(
                claims.Assertion(
                    result.operator,
                    result.score >= least,
                    severity="warn" if floor is None else "error",
                    name=result.operator,
                    description=quality.operators[result.operator].meaning,
                    expected=f">= {least:g}",
                    actual=repr(result.score),
                )
            )
    return {
        "dataQualityMetrics": metrics.DataQualityMetricsInputDatasetFacet({}, rowCount=quality.rows),
        "dataQualityAssertions": claims.DataQualityAssertionsDatasetFacet(made),
    }

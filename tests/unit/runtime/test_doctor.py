"""The doctor names what works, and for what does not work what to do."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resonance.runtime import doctor
from resonance.runtime.engines.session import SUBMITTED
from resonance.runtime.engines.spark import has_buckets, jar_folder

Answers = Callable[[str], None]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Answers:
    def say(text: str) -> None:
        monkeypatch.setattr(doctor, "answer", lambda command, quietly=False: text)

    return say


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_version", lambda package: "1.0")


@pytest.mark.parametrize(
    ("output", "works", "found"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment', True, "17.0.15"),
        ('openjdk version "21" 2023-09-19', True, "21"),
        ('openjdk version "25.0.3" 2026-04-21 LTS', False, "25.0.3"),
        ('java version "1.8.0_402"', False, "1.8.0_402"),
        ("The operation could not be completed. Unable to locate a Java Runtime.", False, "none"),
        ("", False, "none"),
    ],
)
def test_java_is_judged_by_the_version_that_spark_would_start(
    said: Answers, monkeypatch: pytest.MonkeyPatch, output: str, works: bool, found: str
) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    said(output)
    finding = doctor.java(needed=True)
    assert (finding.works, finding.found) == (works, found)
    assert bool(finding.advice) is not works


def test_java_home_that_leads_nowhere_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    finding = doctor.java(needed=True)
    assert not finding.works
    assert str(tmp_path) in finding.found


def test_java_that_nothing_needs_is_no_fault(said: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME", raising=False)
    said("")
    finding = doctor.java(needed=False)
    assert finding.works is None
    assert "--engine spark" in finding.advice


def test_the_default_engine_is_named_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in SUBMITTED:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("resonance.runtime.engines.session._runs_already", lambda: False)
    assert doctor.engine().found.startswith("embedded: ")
    monkeypatch.setenv("SPARK_REMOTE", "sc://somewhere")
    assert doctor.engine().found == "spark: SPARK_REMOTE is set"


@pytest.mark.usefixtures("everything")
def test_the_embedded_engine_is_started(said: Answers) -> None:
    said("computed 42\n")
    finding = doctor.check_embedded(needed=True)
    assert finding.works
    assert "pysail 1.0" in finding.found
    said("SetupError: port 0 is taken")
    finding = doctor.check_embedded(needed=True)
    assert finding.works is False
    assert "port 0 is taken" in finding.found


@pytest.mark.parametrize(("needed", "works"), [(True, False), (False, None)])
def test_an_embedded_engine_that_is_missing_is_not_started(
    monkeypatch: pytest.MonkeyPatch, needed: bool, works: bool | None
) -> None:
    monkeypatch.setattr(doctor, "find_version", lambda package: "" if package == "pysail" else "1.0")
    monkeypatch.setattr(doctor, "answer", lambda *command, **options: pytest.fail("started a process"))
    finding = doctor.check_embedded(needed=needed)
    assert (finding.works, finding.found) == (works, "no pysail")


@pytest.mark.parametrize("look", [doctor.spark, doctor.delta])
@pytest.mark.parametrize(("needed", "works"), [(True, False), (False, None)])
def test_without_spark_the_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, look: Callable[..., doctor.Finding], needed: bool, works: bool | None
) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    monkeypatch.setattr(doctor, "find_version", lambda package: "4.1.3" if package == "pyspark-client" else "")
    finding = look(needed=needed)
    assert finding.works is works
    assert "[spark]" in finding.advice


def test_two_versions_of_the_same_files_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_version", {"pyspark": "4.1.4", "pyspark-client": "4.1.3"}.get)
    assert doctor.spark(needed=False).works is False
    monkeypatch.setattr(doctor, "find_version", {"pyspark": "4.1.3", "pyspark-client": "4.1.3"}.get)
    assert doctor.spark(needed=False) == doctor.Finding("Spark", True, "pyspark 4.1.3")


@pytest.mark.usefixtures("everything")
def test_delta_needs_its_jars_beside_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert not doctor.delta(needed=True).works
    jars = tmp_path / "share" / "resonance" / "jars"
    assert jars == doctor.jar_folder() == jar_folder()
    jars.mkdir(parents=True)
    (jars / "delta.jar").touch()
    assert doctor.delta(needed=True).works


def test_delta_of_the_platform_needs_no_jars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert doctor.delta(needed=True).works


def test_spark_nlp_has_no_jar_for_spark_4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_version", lambda package: {"pyspark-client": "4.1.3"}.get(package, ""))
    finding = doctor.spark_nlp()
    assert (finding.works, finding.found) == (None, "none for Spark 4.1.3: no jar for it is published")
    assert "make setup-lts" in finding.advice


def test_spark_nlp_needs_its_jars_beside_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "find_version", lambda package: {"pyspark": "3.5.9", "spark-nlp": "5.5.3"}.get(package, ""))
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert doctor.spark_nlp().works is None
    folder = doctor.jar_folder() / "nlp"
    folder.mkdir(parents=True)
    (folder / "one.jar").touch()
    assert doctor.spark_nlp() == doctor.Finding("Spark NLP", True, "spark-nlp 5.5.3, 1 jars")


def test_spark_needs_jars_to_reach_buckets_where_no_platform_has_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert (doctor.buckets().works, has_buckets()) == (None, False)
    assert "make setup-s3" in doctor.buckets().advice
    (doctor.jar_folder() / "s3").mkdir(parents=True)
    (doctor.jar_folder() / "s3" / "one.jar").touch()
    assert doctor.buckets() == doctor.Finding("S3 for Spark", True, "1 jars")
    assert has_buckets()


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Writes down what set-up found of Horovod, in an environment where everything is installed as 1.0."""
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(doctor, "find_version", lambda package: "1.0")

    def note(**facts: object) -> None:
        (tmp_path / "share" / "resonance").mkdir(parents=True, exist_ok=True)
        text = json.dumps({"torch": "1.0", "horovod": "1.0", "built": ["gloo"], **facts})
        (tmp_path / "share" / "resonance" / "horovod.json").write_text(text, encoding="utf-8")

    return note


@pytest.mark.parametrize(("built", "works"), [(["gloo", "nccl"], True), (["mpi"], False), ([], False)])
def test_horovod_works_where_gloo_is_built(noted: Callable[..., None], built: list[str], works: bool) -> None:
    noted(built=built)
    finding = doctor.horovod()
    assert finding.works is works
    assert bool(finding.advice) is not works


def test_horovod_built_for_another_torch_is_a_fault(noted: Callable[..., None]) -> None:
    noted(torch="0.9")
    finding = doctor.horovod()
    assert finding.works is False
    assert "for torch 0.9, while 1.0 is installed" in finding.found


@pytest.mark.parametrize("other", [None, "0.9"])
def test_a_horovod_of_another_build_is_not_judged(noted: Callable[..., None], other: str | None) -> None:
    if other:
        noted(horovod=other)
    assert doctor.horovod().works is None


def test_gpus_are_those_of_the_driver(noted: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    noted()
    monkeypatch.setattr(doctor, "DRIVER", tmp_path / "gpus")
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.gpu().works is None
    for number in "12":
        (tmp_path / "gpus" / number).mkdir(parents=True)
        (tmp_path / "gpus" / number / "information").write_text("Model: \t\t NVIDIA H200\nIRQ:   16\n", encoding="utf-8")
    assert doctor.gpu().found == "NVIDIA H200, NVIDIA H200"
    assert "NCCL" in doctor.gpu().advice
    noted(built=["gloo", "nccl"])
    assert doctor.gpu().advice == ""


def test_gpus_that_the_driver_does_not_list_are_asked_for(said: Answers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "DRIVER", tmp_path)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: name)
    said("GPU 0: NVIDIA H200 (UUID: GPU-1)\nGPU 1: NVIDIA H200 (UUID: GPU-2)\n")
    assert doctor.gpu_names() == ["NVIDIA H200", "NVIDIA H200"]


def test_without_a_trainer_its_set_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "find_version", lambda package: "")
    for finding in (doctor.torch(), doctor.horovod()):
        assert finding.works is None
        assert "make setup-train" in finding.advice


def test_a_full_disk_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert doctor.disk(tmp_path).works is (doctor.shutil.disk_usage(tmp_path).free >= doctor.FREE_BYTES)
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    assert not doctor.disk(tmp_path).works


def test_an_answer_that_never_comes_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    assert doctor.answer([sys.executable, "-c", "import time; time.sleep(30)"]) == ""
    assert doctor.answer(["no-such-command-anywhere"]) == ""


def test_the_doctor_itself_imports_no_engine() -> None:
    engines = ("pyspark", "pysail", "deltalake", "torch", "horovod", "delta", "mlflow")
    code = f"import sys, resonance.runtime.doctor; print([name for name in {engines} if name in sys.modules])"
    assert doctor.answer([sys.executable, "-c", code]).strip() == "[]"


def test_this_machine_is_examined_in_little_time() -> None:
    """Processor time, as other tests run beside: 1 s where nothing does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = doctor.answer([sys.executable, "-c", "from resonance.runtime.doctor import examine; print(*examine(), sep='\\n')"])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "a session starts and computes" in said
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 3


def test_nothing_is_at_fault_in_this_environment() -> None:
    assert [finding for finding in doctor.examine() if finding.works is False] == []

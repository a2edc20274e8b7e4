"""The doctor names what works, and for what does not work what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from resonance.runtime import doctor

Answers = Callable[[str], None]


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Answers:
    def say(text: str) -> None:
        monkeypatch.setattr(doctor, "answer", lambda command: text)

    return say


@pytest.fixture
def everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "installed", lambda package: "1.0")


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
    finding = doctor.java()
    assert (finding.works, finding.found) == (works, found)
    assert bool(finding.advice) is not works


def test_java_home_that_leads_nowhere_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    finding = doctor.java()
    assert not finding.works
    assert str(tmp_path) in finding.found


@pytest.mark.parametrize("look", [doctor.spark, doctor.delta])
def test_without_pyspark_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, look: Callable[[], doctor.Finding]) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    finding = look()
    assert not finding.works
    assert "[spark]" in finding.advice


def test_delta_needs_its_jars_beside_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DATABRICKS_RUNTIME_VERSION", raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert not doctor.delta().works
    jars = tmp_path / "share" / "resonance" / "jars"
    jars.mkdir(parents=True)
    (jars / "delta.jar").touch()
    assert doctor.delta().works


def test_delta_of_the_platform_needs_no_jars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABRICKS_RUNTIME_VERSION", "16.4")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert doctor.delta().works


@pytest.mark.usefixtures("everything")
def test_back_ends_and_gpus_are_listed_as_the_trainer_sees_them(said: Answers) -> None:
    facts = {"torch": "2.15.0", "gpus": ["H100", "H100"], "horovod": "0.28.1", "built": ["gloo"]}
    said("a warning\n" + json.dumps(facts) + "\na word at exit")
    torch, horovod, gpu = doctor.trainer()
    assert torch == doctor.Finding("torch", True, "2.15.0")
    assert horovod == doctor.Finding("Horovod", True, "0.28.1 with gloo")
    assert gpu.works
    assert "NCCL" in gpu.advice


@pytest.mark.usefixtures("everything")
@pytest.mark.parametrize(("built", "works"), [(["gloo", "nccl"], True), (["mpi"], False), ([], False)])
def test_horovod_works_where_gloo_is_built(said: Answers, built: list[str], works: bool) -> None:
    said(json.dumps({"torch": "2.15.0", "gpus": [], "horovod": "0.28.1", "built": built}))
    assert doctor.trainer()[1].works is works


@pytest.mark.usefixtures("everything")
def test_a_horovod_that_does_not_load_shows_its_error(said: Answers) -> None:
    said(json.dumps({"torch": "2.15.0", "gpus": [], "error": "ImportError: undefined symbol"}))
    horovod = doctor.trainer()[1]
    assert not horovod.works
    assert "undefined symbol" in horovod.found


@pytest.mark.usefixtures("everything")
def test_a_torch_that_does_not_load_is_not_asked_for_more(said: Answers) -> None:
    said("Segmentation fault")
    assert [finding.works for finding in doctor.trainer()] == [False, False, True]


def test_without_torch_nothing_is_started(monkeypatch: pytest.MonkeyPatch, said: Answers) -> None:
    monkeypatch.setattr(doctor, "installed", lambda package: "")
    monkeypatch.setattr(doctor, "answer", lambda command: pytest.fail("started a process"))
    torch, horovod, _ = doctor.trainer()
    assert "make setup" in torch.advice
    assert "make setup" in horovod.advice


def test_a_full_disk_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert doctor.disk(tmp_path).works is (doctor.shutil.disk_usage(tmp_path).free >= doctor.FREE_BYTES)
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    assert not doctor.disk(tmp_path).works


def test_an_answer_that_never_comes_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "PATIENCE", 0.2)
    assert doctor.answer([sys.executable, "-c", "import time; time.sleep(30)"]) == ""
    assert doctor.answer(["no-such-command-anywhere"]) == ""


def test_the_doctor_itself_imports_no_engine() -> None:
    engines = ("pyspark", "torch", "horovod", "delta", "mlflow")
    code = f"import sys, resonance.runtime.doctor; print([name for name in {engines} if name in sys.modules])"
    assert doctor.answer([sys.executable, "-c", code]).strip() == "[]"


@pytest.mark.train
def test_this_environment_trains() -> None:
    assert [finding.name for finding in doctor.examine() if not finding.works] == []

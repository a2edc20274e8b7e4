"""What a shell holds of other programs does not reach an engine, or is named where it would break it."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Any

import pytest

from resonance.core.errors import SetupError
from resonance.core.settings import SparkSettings
from resonance.runtime.engines import embedded, spark


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))


def test_a_java_home_of_something_else_is_named(tmp_path: Path) -> None:
    os.environ["JAVA_HOME"] = str(tmp_path)
    with pytest.raises(SetupError, match=f"JAVA_HOME={tmp_path} holds no bin/java"):
        spark._check_machine()


def test_without_java_the_other_engine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    os.environ.pop("JAVA_HOME", None)
    monkeypatch.setattr(spark.shutil, "which", lambda name: None)
    with pytest.raises(SetupError, match="--engine embedded"):
        spark._check_machine()


def test_a_user_whom_the_machine_does_not_know_is_told_so_before_java_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    os.environ.pop("JAVA_HOME", None)
    monkeypatch.setattr(spark.shutil, "which", lambda name: "/usr/bin/java")
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(SetupError, match=f"Spark needs the name of user {os.getuid()}"):
        spark._check_machine()


@pytest.mark.parametrize("remote", ["sc://127.0.0.1:9", "sc://127.0.0.1:nonsense"])
def test_a_server_that_does_not_answer_is_named_at_once(remote: str) -> None:
    os.environ["SPARK_REMOTE"] = remote
    with pytest.raises(SetupError, match=f"SPARK_REMOTE={remote}: no server answers"):
        spark._start(SparkSettings(), places=[], debug=False)


def test_on_this_machine_nothing_of_another_spark_or_cluster_is_left() -> None:
    others = ("SPARK_HOME", "SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "HADOOP_CONF_DIR", "SPARK_LOCAL_IP")
    os.environ |= dict.fromkeys((*others, "PYSPARK_PYTHON"), "/nowhere")
    spark._clear_environment(local=True)
    assert not set(others) & set(os.environ)
    assert os.environ["PYSPARK_PYTHON"] == sys.executable
    assert os.environ["SPARK_LOCAL_HOSTNAME"] == "localhost"


def test_what_tells_of_hdfs_reaches_a_session_of_this_machine_that_meets_it() -> None:
    os.environ |= {"HADOOP_CONF_DIR": "/etc/hadoop", "YARN_CONF_DIR": "/nowhere"}
    spark._clear_environment(local=True, hdfs=True)
    assert os.environ["HADOOP_CONF_DIR"] == "/etc/hadoop"
    assert "YARN_CONF_DIR" not in os.environ


def test_what_tells_of_a_cluster_reaches_it() -> None:
    os.environ |= {"HADOOP_CONF_DIR": "/etc/hadoop", "SPARK_HOME": "/nowhere", "SPARK_CONNECT_MODE_ENABLED": "1"}
    spark._clear_environment(local=False)
    assert os.environ["HADOOP_CONF_DIR"] == "/etc/hadoop"
    assert not {"SPARK_HOME", "SPARK_CONNECT_MODE_ENABLED"} & os.environ.keys()


@pytest.mark.parametrize(
    ("given", "left"),
    [({}, "127.0.0.1"), ({"no_proxy": "a.b"}, "a.b,127.0.0.1"), ({"no_proxy": "a.b", "no_grpc_proxy": "c.d"}, "c.d,127.0.0.1")],
)
def test_no_proxy_stands_between_us_and_our_own_engine(given: dict[str, str], left: str) -> None:
    for name in ("no_proxy", "no_grpc_proxy"):
        os.environ.pop(name, None)
    os.environ |= given
    embedded._pass_proxy("127.0.0.1")
    assert os.environ["no_grpc_proxy"] == left  # noqa: SIM112 gRPC reads this very name


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("[JAVA_GATEWAY_EXITED] Java gateway process exited before sending its port number.", "asked for 999g (spark.driver_mem"),
        ("x: no\nCaused by: java.net.BindException: in use", "x: no, caused by java.net.BindException: in use; see"),
    ],
)
def test_a_session_that_does_not_start_says_what_caused_it(monkeypatch: pytest.MonkeyPatch, said: str, told: str) -> None:
    class Builder:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: self

        def getOrCreate(self) -> None:  # noqa: N802 as Spark calls it
            raise RuntimeError(said)

    monkeypatch.setattr(spark, "SparkSession", type("Session", (), {"builder": Builder()}))
    monkeypatch.setattr(spark, "_check_machine", lambda: None)
    os.environ.pop("SPARK_REMOTE", None)
    with pytest.raises(SetupError) as refused:
        spark._start(SparkSettings(driver_memory="999g"), places=[], debug=False)
    assert str(refused.value).startswith("Spark did not start on local[*]: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a session is asked for, which is there already."""
    asked: dict[str, str] = {}

    class Builder:
        def appName(self, name: str) -> Builder:  # noqa: N802 as Spark calls it
            return self

        def config(self, key: str, value: str) -> Builder:
            asked[key] = value
            return self

        def getOrCreate(self) -> str:  # noqa: N802
            return "the platform's session"

    monkeypatch.setattr(spark, "SparkSession", type("Session", (), {"builder": Builder()}))
    return asked


def test_a_submitted_job_is_no_client_though_the_embedded_engine_ran_where_it_was_submitted(asked: dict[str, str]) -> None:
    os.environ |= {"PYSPARK_GATEWAY_PORT": "1", "SPARK_CONNECT_MODE_ENABLED": "1"}
    spark._start(SparkSettings(), places=[], debug=False)
    assert "SPARK_CONNECT_MODE_ENABLED" not in os.environ
    assert asked == {**spark.DELTA, **spark.COMMON, "spark.sql.shuffle.partitions": "2"}


def test_a_platforms_own_session_is_taken_with_its_own_delta(asked: dict[str, str]) -> None:
    os.environ["DATABRICKS_RUNTIME_VERSION"] = "16.4"
    assert spark._start(SparkSettings(conf={"spark.sql.ansi.enabled": "true"}), places=[], debug=False) == "the platform's session"
    assert asked == {**spark.COMMON, "spark.sql.shuffle.partitions": "2", "spark.sql.ansi.enabled": "true"}

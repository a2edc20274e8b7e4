"""A Spark session reaches the buckets that the environment names, where it is asked to; without jars that is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.errors import ConfigError
from resonance.core.settings import Config
from resonance.runtime.engines import session, spark
from resonance.runtime.engines.session import refuse_places
from resonance.runtime.engines.spark import SparkEngine


@pytest.fixture
def jars(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of jars, with one of Delta in it."""
    monkeypatch.setattr(spark, "jar_folder", lambda: tmp_path)
    monkeypatch.setattr(session, "_is_given", lambda: False)
    (tmp_path / "delta.jar").touch()
    return tmp_path


def add_jar(jars: Path) -> None:
    (jars / "s3").mkdir()
    (jars / "s3" / "aws.jar").touch()


def test_tables_in_a_bucket_need_jars_of_ours_or_a_session_that_is_given(jars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(tables="s3://texts/one")
    refuse_places("embedded", config)
    with pytest.raises(ConfigError, match="Spark reaches buckets by jars that are not here; `make setup-s3`"):
        refuse_places("spark", config)
    with pytest.raises(ConfigError, match="^staging=s3://texts/two: Spark reaches buckets by jars that are not here"):
        refuse_places("spark", Config(staging="s3://texts/two"))
    refuse_places("spark", Config(staging="hdfs://node/two"))
    with pytest.raises(ConfigError, match="catalog main.texts keeps tables elsewhere"):
        refuse_places("spark", config.model_copy(update={"catalog": "main.texts"}))
    add_jar(jars)
    refuse_places("spark", config)
    (jars / "s3" / "aws.jar").unlink()
    monkeypatch.setattr(session, "_is_given", lambda: True)
    refuse_places("spark", config)


def test_tables_on_hdfs_are_those_of_spark(jars: Path) -> None:
    config = Config(tables="hdfs://node:8020/texts")
    assert session.choose_engine(config) == "spark"
    assert not session.reads_slowly("spark", config)
    refuse_places("spark", config)
    with pytest.raises(ConfigError, match=r"^tables=hdfs://node:8020/texts: Spark alone keeps tables on HDFS; .*--engine spark"):
        refuse_places("embedded", config)


def test_a_session_that_reaches_no_bucket_loads_no_jar_for_it(jars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_jar(jars)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert spark._jars(False) == {"spark.jars": str(jars / "delta.jar")}
    assert spark._jars(True) == {
        "spark.jars": f"{jars / 'delta.jar'},{jars / 's3' / 'aws.jar'}",
        "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:1",
        "spark.hadoop.fs.s3a.endpoint.region": "eu-north-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
        "spark.hadoop.fs.s3a.connection.request.timeout": "0",
    }


def test_an_address_has_the_scheme_of_hadoop() -> None:
    engine = SparkEngine(None)  # type: ignore[arg-type]
    assert engine.locate("s3://texts/s3://a") == "s3a://texts/s3://a"
    assert engine.locate("/texts/a") == "/texts/a"

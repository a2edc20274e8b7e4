"""Put the jars that fit the installed pyspark into the environment, so that later sessions start offline.

Usage: python jars.py [delta|nlp|s3|hdfs]

Spark ships all that Delta's two jars need; the rest of what they name serves other engines and stays away. Of Spark NLP its
native engines stay away (TensorFlow, OpenVINO, llama.cpp), which only large pretrained models need. Ivy keeps what it fetched in
the user's own cache; a mirror is named as Spark documents it, by `spark.jars.ivySettings` in SPARK_CONF_DIR.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pyspark
from delta.pip_utils import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

JARS = Path(sys.prefix) / "share" / "resonance" / "jars"
WANTED = ("io.delta_delta-spark_", "io.delta_delta-storage-")
UNUSED = ("com.*:*", "commons-*:*", "io.airlift:*", "io.delta:delta-kernel-*", "io.unitycatalog:*", "javax.*:*", "org.*:*")
S3 = ("org.apache.hadoop_hadoop-aws-", "software.amazon.awssdk_bundle-")
NOT_OF_S3 = ("software.amazon.s3.analyticsaccelerator:*", "org.wildfly.openssl:*")
HDFS = ("org.apache.hadoop_hadoop-client-minicluster-", "junit_junit-")
NOT_OF_HDFS = ("org.apache.hadoop:hadoop-client-api", "org.apache.hadoop:hadoop-client-runtime")
NATIVE = tuple(f"com.johnsnowlabs.nlp:{name}_2.12" for name in ("tensorflow-cpu", "jsl-llamacpp-cpu", "jsl-openvino-cpu"))


def resolve(builder: SparkSession.Builder, without: Sequence[str]) -> list[Path]:
    """Return the jars that a session is made with, as Spark's own resolver fetches them."""
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}  # a builder of images may not know its own name
    builder = builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.driver.host", "localhost")
    session = builder.config("spark.jars.excludes", ",".join(without)).getOrCreate()
    found = [Path(name.removeprefix("file:")) for name in str(session.conf.get("spark.jars")).split(",")]
    session.stop()
    return found


def resolve_delta() -> list[Path]:
    """Return Delta's two jars."""
    jars = [path for path in resolve(configure_spark_with_delta_pip(SparkSession.builder), UNUSED) if path.name.startswith(WANTED)]
    if len(jars) != len(WANTED):
        sys.exit(f"expected {len(WANTED)} Delta jars, Spark resolved {[path.name for path in jars]}")
    return jars


def resolve_nlp() -> list[Path]:
    """Return the jars of the installed Spark NLP."""
    jar = f"com.johnsnowlabs.nlp:spark-nlp_2.12:{metadata.version('spark-nlp')}"
    return resolve(SparkSession.builder.config("spark.jars.packages", jar), NATIVE)


def find_hadoop() -> str:
    """Return the version of the Hadoop that Spark ships."""
    (hadoop,) = (Path(pyspark.__file__).parent / "jars").glob("hadoop-client-api-*.jar")
    return hadoop.stem.rpartition("-")[2]


def resolve_s3() -> list[Path]:
    """Return Hadoop's file system of buckets and the client that it is built with, for the Hadoop that Spark ships."""
    jars = resolve(SparkSession.builder.config("spark.jars.packages", f"org.apache.hadoop:hadoop-aws:{find_hadoop()}"), NOT_OF_S3)
    return [path for path in jars if path.name.startswith(S3)]


def resolve_hdfs() -> list[Path]:
    """Return a small cluster of HDFS for tests, of the Hadoop that Spark ships; it asks JUnit whether its folders are there."""
    asked = f"org.apache.hadoop:hadoop-client-minicluster:{find_hadoop()},junit:junit:4.13.2"
    jars = resolve(SparkSession.builder.config("spark.jars.packages", asked), NOT_OF_HDFS)
    return [path for path in jars if path.name.startswith(HDFS)]


def keep(jars: Sequence[Path], folder: Path) -> None:
    """Leave exactly these jars in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in {path.name for path in folder.glob("*.jar")} - {path.name for path in jars}:
        (folder / old).unlink()
    for path in jars:
        shutil.copyfile(path, folder / f"{path.name}.part")
        print((folder / f"{path.name}.part").rename(folder / path.name))


if __name__ == "__main__":
    if sys.argv[1:] == ["nlp"]:
        keep(resolve_nlp(), JARS / "nlp")
    elif sys.argv[1:] == ["s3"]:
        keep(resolve_s3(), JARS / "s3")
    elif sys.argv[1:] == ["hdfs"]:
        keep(resolve_hdfs(), JARS / "hdfs")
    else:
        keep(resolve_delta(), JARS)

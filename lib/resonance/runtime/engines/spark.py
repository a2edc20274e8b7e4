"""Spark: submitted to a cluster, on the master that is given, on this machine, or the session that already runs."""

from __future__ import annotations

import locale
import os
import pwd
import shutil
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession

from resonance.core.contract import Contract
from resonance.core.errors import SetupError
from resonance.core.files import own_folder
from resonance.core.objects import is_address, is_on_hdfs, spell_address
from resonance.core.settings import SparkSettings
from resonance.runtime import resources
from resonance.runtime.engines.engine import PLATFORM, SESSION, ZONE, find_session
from resonance.runtime.engines.explain import name_causes

CONNECTS = "SPARK_CONNECT_MODE_ENABLED"
"""What pyspark leaves in the environment of a process that used the embedded engine: those that it starts would be clients too."""
DELTA_PACKAGE = {"4": "io.delta:delta-spark_4.1_2.13:4.4.0", "3": "io.delta:delta-spark_2.12:3.3.2"}
DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
COMMON = {
    **SESSION,
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "2000",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
NLP = {"spark.serializer": "org.apache.spark.serializer.KryoSerializer", "spark.kryoserializer.buffer.max": "1000m"}
"""What Spark NLP asks of a session: models are handed to workers in one piece."""
LAPTOP = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
    "spark.shuffle.sort.bypassMergeThreshold": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    "spark.driver.host": "localhost",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.hadoop.fs.defaultFS": "file:///",
}
"""A threshold of 1 has a task of a shuffle write one file: by default it opens one for each of up to 200 partitions, which
doubles the cost of small queries."""

QUICK_JAVA = (
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-XX:-DontCompileHugeMethods",
    "-XX:ReservedCodeCacheSize=256m",
    "-XX:MetaspaceSize=256m",
    "-XX:NewSize=384m",
    "-XX:OldSize=512m",
)
"""For many small queries: compile quickly, and once. What a round compiles does not fit into the 48 MB that level 1 leaves for it:
sweeping them and compiling again took a fifth of the JVM's time, and collecting a heap that grows bit by bit a tenth."""

QUIET_ARCHIVE = ("-Xlog:cds=off", "-Xlog:cds+dynamic=off")
"""An archive of another JDK is passed over without a word."""


def open_spark(settings: SparkSettings, *, places: Sequence[str] = (), debug: bool = False) -> SparkEngine:
    """The running session, else a new one: submitted (``spark-submit``), or on this machine or the given master.

    A session that runs already, or that is a platform's, is never stopped: others use it too. It computes in UTC from now on.

    Raises:
        SetupError: Java is missing, or the session cannot start.
    """
    global _ours
    running = find_session()
    if running is None:
        running = _start(settings, places, debug)
        _ours = "" if PLATFORM in os.environ else _identify(running)
    running.conf.set(ZONE, SESSION[ZONE])
    return SparkEngine(running)


_ours = ""
"""The application of the session that this process started, and ends."""


def _identify(session: SparkSession) -> str:
    return str(session.conf.get("spark.app.id", ""))


class SparkEngine:
    """A Spark session."""

    def __init__(self, session: SparkSession) -> None:
        self.session = session

    def locate(self, address: str) -> str:
        """By the scheme of Hadoop's own file system of buckets, which every Spark may have."""
        return spell_address(address)

    def stage(self, rows: DataFrame, contract: Contract, folder: str) -> None:
        """Leave the rows as Parquet files in a new folder, or below a new address."""
        rows.write.parquet(folder)

    def stop(self) -> None:
        """End the session where this process started it, for all of its workspaces."""
        global _ours
        if find_session() is not None and _ours and _identify(self.session) == _ours:
            self.session.stop()
            _ours = ""


def _start(settings: SparkSettings, places: Sequence[str], debug: bool) -> SparkSession:
    master = settings.master or "local[*]"
    builder = SparkSession.builder.appName("resonance")
    conf = {**DELTA, **COMMON, "spark.sql.shuffle.partitions": str(settings.shuffle_partitions)}
    if remote := os.environ.get("SPARK_REMOTE"):
        master = f"SPARK_REMOTE={remote}"
        _check_server(remote)
        conf = {key: value for key, value in conf.items() if key not in DELTA}  # the server's own
    elif PLATFORM in os.environ:
        master = "the platform"
        conf = {key: value for key, value in conf.items() if key not in DELTA}  # the platform's own
    elif "PYSPARK_GATEWAY_PORT" in os.environ:
        os.environ.pop(CONNECTS, None)
    else:
        _check_machine()
        _clear_environment(master.startswith("local"), hdfs=any(map(is_on_hdfs, places)))
        builder = builder.master(master)
        conf |= _jars(any(map(is_address, places))) | {"spark.driver.memory": settings.driver_memory}
        conf["spark.driver.extraJavaOptions"] = _java_options(master.startswith("local"), debug)
        if master.startswith("local"):
            conf |= LAPTOP
    for key, value in {**conf, **settings.conf}.items():
        builder = builder.config(key, value)
    before = signal.getsignal(signal.SIGINT)
    try:
        session = builder.getOrCreate()
        if threading.current_thread() is threading.main_thread() and callable(before) and before is not signal.default_int_handler:
            signal.signal(signal.SIGINT, before)  # Spark has put one here that only cancels its jobs
        return session
    except Exception as error:
        cause = name_causes(error)
        if "JAVA_GATEWAY_EXITED" in cause:  # what Java says of it goes to the terminal, and to nobody else
            cause = f"Java ended as it started, as it says above; it was asked for {settings.driver_memory} (spark.driver_memory)"
        raise SetupError(f"Spark did not start on {master}: {cause}; see `resonance doctor`") from error


def _check_server(remote: str) -> None:
    """Raise SetupError where nothing answers at a Connect server's address: the client would ask for ten minutes."""
    address = urlsplit(remote)
    try:
        socket.create_connection((address.hostname or "localhost", address.port or 15002), timeout=5).close()
    except (OSError, ValueError) as error:
        raise SetupError(f"SPARK_REMOTE={remote}: no server answers ({error}); unset it, or start one") from error


def _check_machine() -> None:
    """Raise SetupError where Java would not start, or would end with a stack trace before it says so."""
    home = os.environ.get("JAVA_HOME")
    if home and not os.access(Path(home) / "bin" / "java", os.X_OK):
        raise SetupError(f"JAVA_HOME={home} holds no bin/java: point it at JDK 17 or 21, or unset it")
    if not home and shutil.which("java") is None:
        raise SetupError("Spark needs Java, and there is none: install JDK 17, or compute without it (--engine embedded)")
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        advice = "name it (in /etc/passwd), or compute without Java (--engine embedded)"
        raise SetupError(f"Spark needs the name of user {os.getuid()}, which this machine does not know: {advice}") from None


def _clear_environment(local: bool, *, hdfs: bool = False) -> None:
    """What surroundings hold of another Spark, Python or session, and modules in the current folder, are none of ours.

    On this machine alone, neither is what a cluster is told, but for HDFS where something lies there, and no name of this machine
    has to be looked up.
    """
    others = ("SPARK_CONF_DIR", "PYSPARK_SUBMIT_ARGS", "YARN_CONF_DIR", "SPARK_LOCAL_IP") if local else ()
    told = ("HADOOP_CONF_DIR",) if local and not hdfs else ()
    for name in ("SPARK_HOME", CONNECTS, *others, *told):
        os.environ.pop(name, None)
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "PYTHONSAFEPATH": "1"}
    if local:
        os.environ["SPARK_LOCAL_HOSTNAME"] = "localhost"
    if "UTF" not in locale.nl_langinfo(locale.CODESET).upper():  # Java would find no file by a name that the locale lacks
        os.environ["LC_ALL"] = "C.UTF-8"


def jar_folder() -> Path:
    """Where set-up leaves the Delta jars, so that sessions start offline; those of Spark NLP and of buckets in folders below."""
    return Path(sys.prefix) / "share" / "resonance" / "jars"


def class_archive() -> Path:
    """Where set-up leaves the classes of Spark as the JVM holds them, which saves a session two seconds."""
    return jar_folder() / "classes.jsa"


def _jars(buckets: bool) -> dict[str, str]:
    import pyspark

    jars = sorted(jar_folder().glob("*.jar"))
    if jars:
        nlp = sorted((jar_folder() / "nlp").glob("*.jar"))
        s3 = sorted((jar_folder() / "s3").glob("*.jar")) if buckets else []
        own = {**(NLP if nlp else {}), **(_reach_buckets() if s3 else {})}
        return {"spark.jars": ",".join(map(str, (*jars, *nlp, *s3))), **own}
    packages = {"spark.jars.packages": DELTA_PACKAGE[pyspark.__version__[0]]}
    if not os.access(pwd.getpwuid(os.getuid()).pw_dir, os.W_OK):
        packages["spark.jars.ivy"] = str(own_folder() / "ivy")
    return packages


def has_buckets() -> bool:
    """Whether set-up left the jars by which sessions that we start reach buckets."""
    return any((jar_folder() / "s3").glob("*.jar"))


def _reach_buckets() -> dict[str, str]:
    """What the environment says of the server; Hadoop finds keys there itself, but neither the address nor the region.

    Hadoop 3.4.2 interrupts a task whose request takes a minute while the task itself holds what the interruption needs: neither
    ever goes on (`lib/decisions/0040`). Without that limit a silent connection ends after `fs.s3a.connection.timeout`, 200 s.
    """
    conf = {"spark.hadoop.fs.s3a.connection.request.timeout": "0"}
    if region := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        conf["spark.hadoop.fs.s3a.endpoint.region"] = region
    if server := os.environ.get("AWS_ENDPOINT_URL"):
        secure = str(not server.startswith("http://")).lower()
        conf |= {"spark.hadoop.fs.s3a.endpoint": server, "spark.hadoop.fs.s3a.path.style.access": "true"}
        conf |= {"spark.hadoop.fs.s3a.connection.ssl.enabled": secure}
    return conf


def _java_options(local: bool, debug: bool) -> str:
    log = resources.folder("conf") / ("log4j2-debug.properties" if debug else "log4j2.properties")
    archive = class_archive()
    mapped = (f"-XX:SharedArchiveFile={archive}", *QUIET_ARCHIVE) if archive.is_file() else ()
    return " ".join([*((*QUICK_JAVA, *mapped) if local else ()), f"-Dlog4j2.configurationFile={log.as_uri()}"])

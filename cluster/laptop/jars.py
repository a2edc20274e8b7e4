"""Put the Delta jars that fit the installed pyspark into the environment, so that later sessions start offline.

Spark ships all that Delta's two jars need; the rest of what they name serves other engines and stays away. Ivy keeps what it
fetched in the user's own cache; a mirror is named as Spark documents it, by `spark.jars.ivySettings` in SPARK_CONF_DIR.
"""

import os
import shutil
import sys
from pathlib import Path

from delta.pip_utils import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

WANTED = ("io.delta_delta-spark_", "io.delta_delta-storage-")
UNUSED = ("com.*:*", "commons-*:*", "io.airlift:*", "io.delta:delta-kernel-*", "io.unitycatalog:*", "javax.*:*", "org.*:*")


def resolve() -> list[Path]:
    """Return the two jars as Spark's own resolver fetches them."""
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.driver.host", "localhost")
    builder = configure_spark_with_delta_pip(builder.config("spark.jars.excludes", ",".join(UNUSED)))
    session = builder.getOrCreate()
    found = [Path(name.removeprefix("file:")) for name in str(session.conf.get("spark.jars")).split(",")]
    session.stop()
    return [path for path in found if path.name.startswith(WANTED)]


def main() -> None:
    """Leave exactly these two jars in the folder."""
    jars = resolve()
    if len(jars) != len(WANTED):
        sys.exit(f"expected {len(WANTED)} Delta jars, Spark resolved {[path.name for path in jars]}")
    folder = Path(sys.prefix) / "share" / "resonance" / "jars"
    folder.mkdir(parents=True, exist_ok=True)
    for old in {path.name for path in folder.glob("*.jar")} - {path.name for path in jars}:
        (folder / old).unlink()
    for path in jars:
        shutil.copyfile(path, folder / f"{path.name}.part")
        print((folder / f"{path.name}.part").rename(folder / path.name))


if __name__ == "__main__":
    main()

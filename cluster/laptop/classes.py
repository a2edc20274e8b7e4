"""Keep the classes that Spark loads for a small run as the JVM holds them, so that later sessions map them instead of reading jars.

An archive of the JVM (JEP 350). It belongs to one JDK and one Spark; any other passes it over, and only time is lost.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from resonance.runtime.engines.spark import QUICK_JAVA, QUIET_ARCHIVE, class_archive
from resonance.testing import tiny_corpus

SECONDS = 60
"""How long the JVM may write once the run is over."""


def main() -> None:
    """Curate twenty rows on Spark and wait for what its JVM writes when it ends."""
    archive = class_archive()
    archive.unlink(missing_ok=True)
    options = " ".join([*QUICK_JAVA, f"-XX:ArchiveClassesAtExit={archive}", *QUIET_ARCHIVE])
    with tempfile.TemporaryDirectory() as home:
        rows = Path(home) / "rows.jsonl"
        rows.write_text("".join(json.dumps(row) + "\n" for row in tiny_corpus(15, 5)), encoding="utf-8")
        settings = ["spark.engine=spark", "tracking.enabled=false", f'spark.conf={{"spark.driver.extraJavaOptions": "{options}"}}']
        command = [sys.executable, "-m", "resonance.cli", "curate", str(rows), "--workspace", f"{home}/w"]
        done = subprocess.run([*command, *(f"--set={setting}" for setting in settings)])
        for _ in range(0 if done.returncode else SECONDS):
            before = archive.stat().st_size if archive.exists() else 0
            time.sleep(1)
            if before and archive.stat().st_size == before:
                print(archive)
                return
    print("no archive of classes was written: sessions of Spark start as before", file=sys.stderr)


if __name__ == "__main__":
    main()

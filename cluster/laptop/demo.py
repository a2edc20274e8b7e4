"""The demo from a bare clone: text is curated and reported while the trainer is made beside it; then the loop goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from progress import LAST_LINES, show

RESONANCE = str(Path(sys.executable).with_name("resonance"))
SETUP = ("sh", "cluster/laptop/setup.sh")
LOG = Path(".venv/logs/stage.log")
DATA_HALF = ("ingest", "clean", "judge", "dedupe", "decontaminate")
SETTINGS = ("--conf", "conf/jobs/demo.yaml", "--set", "tracking.enabled=false")


def wait(trainer: subprocess.Popen[bytes]) -> None:
    """Show where the trainer is until it is made; where it failed, print the end of its log and stop."""
    live = sys.stdout.isatty()
    while trainer.poll() is None:
        lines = LOG.read_text(encoding="utf-8", errors="replace").splitlines()
        show(f"Trainer: {lines[-1] if lines else 'starting'}", live=live)
        try:
            trainer.wait(1 if live else 15)
        except subprocess.TimeoutExpired:
            continue
    if live:
        print()
    if trainer.returncode:
        sys.stderr.writelines(LOG.read_text(encoding="utf-8").splitlines(keepends=True)[-LAST_LINES:])
        sys.exit(f"The trainer was not made; all of its output: {LOG}. The data half stands: make demo goes on from there")


def main() -> None:
    """Run the data half beside the making of the trainer, then the whole loop, which finds that half up to date."""
    started = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("wb") as log:
        trainer = subprocess.Popen([*SETUP, "stage"], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    subprocess.Popen([sys.executable, "cluster/laptop/kernels.py"], **quiet)  # what set-up left out
    print(f"Making the trainer beside (torch, Horovod): {LOG}", flush=True)
    try:
        os.setpriority(os.PRIO_PGRP, trainer.pid, 10)  # the data half comes first
        subprocess.run([RESONANCE, "run", *DATA_HALF, *SETTINGS], check=True)
        print(f"This first report stands after {time.monotonic() - started:.0f} s; training follows", flush=True)
        wait(trainer)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        if trainer.poll() is None:
            os.killpg(trainer.pid, signal.SIGTERM)
    subprocess.run([*SETUP, "train"], check=True)
    os.execv(RESONANCE, ["resonance", "demo"])


if __name__ == "__main__":
    main()

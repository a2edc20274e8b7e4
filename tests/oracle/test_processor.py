"""The benches' own clock: processor time of processes that nobody waits for counts, that of others does not."""

from __future__ import annotations

import subprocess
import sys
import time

from tests.bench.processor import Meter

BURN = "import time\nwhile time.process_time() < {0}: pass\ntime.sleep(0.6)"
"""Uses so many seconds, then stays for as long as it takes to be seen."""
APART = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)"


def test_processes_that_no_parent_waits_for_are_counted_and_strangers_are_not() -> None:
    stranger = subprocess.Popen([sys.executable, "-c", BURN.format(1.0)])
    with Meter() as meter:
        subprocess.run([sys.executable, "-c", APART, BURN.format(0.5)], check=True)
        deadline = time.monotonic() + 60
        while meter.seconds < 0.45 and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.6)
    stranger.wait()
    assert 0.45 <= meter.seconds < 0.95

"""What a rank that stays does: one order after the other, as they appear in a folder.

An order is a file, ``1.json`` the first; a rank leaves ``1-0.done`` when it has come to its end.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import threading
import time
from itertools import count
from pathlib import Path

SECONDS = 0.05


def give(folder: Path, number: int, module: str, spec: str) -> None:
    """Leave an order, whole or not at all."""
    partial = folder / f".{number}"
    partial.write_text(json.dumps([module, spec]), encoding="utf-8")
    partial.replace(folder / f"{number}.json")


def count_done(folder: Path, number: int) -> int:
    """How many ranks have come to the end of an order."""
    return len(list(folder.glob(f"{number}-*.done")))


def obey(folder: Path, rank: str) -> None:
    """Run each order's module on its spec; returns never. What a module raises ends this rank, and its launcher then the others."""
    for number in count(1):
        order = folder / f"{number}.json"
        while not order.exists():
            time.sleep(SECONDS)
        module, spec = json.loads(order.read_text(encoding="utf-8"))
        importlib.import_module(module).main([spec])
        (folder / f"{number}-{rank}.done").touch()


def find_rank() -> str:
    """The number of this rank, as Horovod or torchrun tells it."""
    return os.environ.get("HOROVOD_RANK") or os.environ["RANK"]


def die_with_parent() -> None:
    """End this rank once its launcher is gone; never returns."""
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=die_with_parent, daemon=True).start()
    obey(Path(sys.argv[1]), find_rank())

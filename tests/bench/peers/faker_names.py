"""Chinese persons, addresses and organisations that Faker makes up.

PYTHON faker_names.py COUNT OUT.json      so many of each
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from faker import Faker  # type: ignore[import-not-found]


def main() -> None:
    count, out = int(sys.argv[1]), Path(sys.argv[2])
    made = Faker("zh_CN")
    made.seed_instance(20261129)
    values = {
        "person": [made.name() for _ in range(count)],
        "address": [made.address().rpartition(" ")[0] for _ in range(count)],  # without the postal code
        "organisation": [made.company() for _ in range(count)],
    }
    out.write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance.core.durations import write_seconds

UNITS = {"h": 3600, "min": 60, "s": 1}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (3.25, "3.2 s"),
        (48.2, "48 s"),
        (119.4, "119 s"),
        (119.6, "2 min 0 s"),
        (192, "3 min 12 s"),
        (7_199, "119 min 59 s"),
        (7_500, "2 h 5 min"),
        (3_600_060, "1,000 h 1 min"),
    ],
)
def test_lengths_of_time_have_the_two_units_that_matter(seconds: float, text: str) -> None:
    assert write_seconds(seconds) == text


@given(st.floats(0, 1e7))
def test_what_is_written_is_the_length_to_its_last_unit(seconds: float) -> None:
    parts = re.findall(r"([\d,.]+) (h|min|s)", write_seconds(seconds))
    read = sum(float(number.replace(",", "")) * UNITS[unit] for number, unit in parts)
    last = 0.1 if seconds < 10 else UNITS[parts[-1][1]]
    assert abs(read - seconds) <= last

"""Only pieces that are new are read; whatever they are cut into, their states add up to those of the whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from tests.unit.assess.conftest import COMPUTED, NOW, TYPES, make_rows

from resonance.assess.assess import bind_operators
from resonance.assess.measure import measure
from resonance.assess.pieces import Piece, gather_pieces, hash_bound, merge_pieces
from resonance.assess.record import list_state_rows, read_pieces
from resonance.testing import ScanCounter


@pytest.fixture(scope="module")
def rows(spark):
    schema = ", ".join(f"{name} {'double' if name == 'size' else 'string'}" for name in TYPES)
    return spark.createDataFrame([tuple(row.values()) for row in make_rows()], schema)


@pytest.fixture(scope="module")
def bounds(rows, contract):
    return bind_operators(COMPUTED, rows, contract, NOW)[0]


@pytest.fixture
def pieces(rows, tmp_path):
    """Two pieces, watched by a counter of rows each."""
    counters = [ScanCounter(tmp_path / name) for name in ("first", "second")]
    parts = [counters[0].watch(rows.where("id <= 'r4'")), counters[1].watch(rows.where("id > 'r4'"))]
    return [Piece(f"piece {place}", "as it is", part, str(place)) for place, part in enumerate(parts)], counters


def test_what_was_gathered_before_is_not_read_again(pieces, bounds, rows):
    (first, second), counters = pieces
    before, read = gather_pieces([first], bounds, ["source"], "text")
    counted = counters[0].rows()
    assert read == counted > 0
    stored = read_pieces(list_state_rows("d", before), "d")
    both, read = gather_pieces([first, second], bounds, ["source"], "text", stored)
    assert counters[0].rows() == counted, "the first piece was read back"
    assert read == counters[1].rows() > 0
    assert merge_pieces(both, bounds) == measure(rows, bounds, ["source"], "text")
    assert gather_pieces([first, second], bounds, ["source"], "text", both)[1] == 0


def test_another_mark_or_other_strata_are_read_again_and_a_new_operator_reads_alone(pieces, bounds):
    (first, _), _ = pieces
    some = {id: bound for id, bound in bounds.items() if id != "encoding_cleanliness"}
    before, read = gather_pieces([first], some, ["source"], "text")
    changed = Piece(first.name, "changed", first.rows)
    assert gather_pieces([changed], some, ["source"], "text", before)[1] == read
    assert gather_pieces([first], some, ["lang"], "text", before)[1] == read
    grown, again = gather_pieces([first], bounds, ["source"], "text", before)
    assert again == read
    whole, _ = gather_pieces([first], bounds, ["source"], "text")
    assert merge_pieces(grown, bounds) == merge_pieces(whole, bounds)


def test_another_moment_changes_what_takes_ages_alone(rows, contract, bounds):
    later = bind_operators(COMPUTED, rows, contract, NOW.replace(year=2027))[0]
    changed = {id for id in bounds if hash_bound(id, bounds[id], [], None) != hash_bound(id, later[id], [], None)}
    assert 0 < len(changed) < 5


def test_hashes_are_the_same_in_every_process(bounds):
    program = (
        "from resonance.assess.columns import IsAmong\nfrom resonance.assess.pieces import hash_bound\n"
        "from resonance.core.binding import Bound\nfrom resonance.core.parts import Part\n"
        "part = Part('count', IsAmong('a', frozenset('abcdefgh')))\n"
        "print(hash_bound('class_evenness', Bound(print, {'p': part}), ['s'], 't'))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1
    assert next(iter(said)).strip()

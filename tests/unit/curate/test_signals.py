"""Declared signals and the contract of the signals table name the same columns, of the same sets."""

from resonance.curate.signals import COLUMNS, IDENTITY, MEASURED, SIGNALS, TYPES
from resonance.runtime import resources
from resonance.tables import SIGNALS as TABLE


def test_every_column_of_the_contract_is_a_declared_signal() -> None:
    declared = [(signal.set, signal.column) for signal in SIGNALS]
    assert len(set(declared)) == len(declared)
    held = [c for c in resources.contract(TABLE).columns if c.name not in {*IDENTITY, "set", "version"}]
    assert tuple(c.name for c in held) == COLUMNS
    assert {(name, c.name) for c in held for name in c.sets} == set(declared)
    assert {c.name: c.type.lower() for c in held if c.type != "DOUBLE"} == {name: TYPES[name] for name in COLUMNS if name in TYPES}
    assert {signal.set for signal in SIGNALS} == {*MEASURED, "quality"}

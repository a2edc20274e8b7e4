"""Declared signals and the contract of the signals table name the same columns."""

from resonance.curate.signals import IDENTITY, SIGNALS, TYPES
from resonance.runtime import resources
from resonance.tables import SIGNALS as TABLE


def test_every_column_of_the_contract_is_a_declared_signal() -> None:
    declared = [signal.column for signal in SIGNALS]
    assert len(set(declared)) == len(declared)
    held = [c for c in resources.contract(TABLE).columns if c.name not in {*IDENTITY, "set", "version"}]
    assert {c.name for c in held} == {*declared, "language"}
    assert {c.name: c.type.lower() for c in held if c.type != "DOUBLE"} == TYPES
    assert {signal.set for signal in SIGNALS} == {"gopher", "quality"}

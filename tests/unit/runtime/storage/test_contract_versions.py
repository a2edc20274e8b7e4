"""Which tables of another version of their contract are widened, which are left, and which are refused."""

from __future__ import annotations

import pytest

from resonance.core.contract import Column, Contract
from resonance.core.errors import ContractError
from resonance.runtime.storage.contract_versions import find_absent, is_older, same_expression

NOW = Contract(
    "shop",
    "2.10.0",
    "",
    tuple(Column(name, "INT", required, "") for name, required in (("id", True), ("a", False), ("b", False))),
    (),
    (),
)


@pytest.mark.parametrize(
    ("then", "older"), [("2.9.9", True), ("2.9.0", True), ("2.10.0", False), ("2.10.1", False), ("2.11.0", False), ("2.0.0", True)]
)
def test_versions_of_one_major_are_compared_as_numbers(then, older):
    assert is_older(then, NOW) is older


@pytest.mark.parametrize("then", ["1.99.0", "3.0.0", "20.1.0", "none"])
def test_another_major_version_is_refused_with_both_versions(then):
    with pytest.raises(
        ContractError, match=rf"^table shop: it was made under contract {then}, this is 2\.10\.0: .*; nothing was written$"
    ):
        is_older(then, NOW)


def test_absent_columns_are_those_that_may_be_null():
    assert [column.name for column in find_absent(NOW, ["id"])] == ["a", "b"]
    assert find_absent(NOW, ["b", "id", "a", "another"]) == ()
    with pytest.raises(ContractError, match=r"^table shop: has no column id of contract 2\.10\.0"):
        find_absent(NOW, ["a"])


def test_rules_are_compared_without_spaces():
    assert same_expression("a >= 0 AND b IN ('x','y')", "a>=0 AND b IN ('x', 'y')")
    assert not same_expression("a >= 0", "a > 0")

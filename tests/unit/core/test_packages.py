"""The demo reads what comes with us, whatever else is installed."""

from __future__ import annotations

from resonance.core.packages import OWN, find_packages, plain_name


def test_what_comes_with_us_is_found_and_nothing_else() -> None:
    found = find_packages()
    assert {"numpy", "pandas", "pysail", "pyspark-client", "llvmlite"} <= set(found)
    assert {OWN, "torch", "transformers", "pytest", "pyspark", "pip"}.isdisjoint(found)
    assert all(package.version for package in found.values())


def test_names_are_compared_as_indexes_do() -> None:
    assert plain_name("Typing_extensions") == plain_name("typing.extensions") == "typing-extensions"

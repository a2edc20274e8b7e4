"""Advice where YAML read a word as a truth value, a number or a date, and text was meant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

READ_AS = ((bool, "yes, no, on, off, true and false as truth values"), ((int, float), "it as a number"), (date, "it as a date"))
"""What YAML makes of words that are not in quotes; a truth value is a number too, and so comes first."""


def advise_quotes(error: Mapping[str, Any]) -> str:
    """How to write a value for which text was asked and YAML gave something else; empty where an error is another one.

    Args:
        error: one problem, as pydantic lists it.
    """
    text_asked = error["type"] == "string_type" or error["type"] == "literal_error" and _has_word(error)
    return describe_quotes(error["input"]) if text_asked else ""


def describe_quotes(given: object) -> str:
    """What YAML made of a word, and that quotes keep it; empty where it is text, or nothing that one word may become."""
    if given is None:
        return "; YAML reads null, ~ and nothing at all as no value: put the word in quotes where it is one"
    said = next((said for kinds, said in READ_AS if isinstance(given, kinds)), None)
    return "" if said is None else f"; YAML reads {said}: put it in quotes"


def _has_word(error: Mapping[str, Any]) -> bool:
    """Whether a word that YAML reads as what was given is among the choices."""
    given = error["input"]
    words = ("yes", "on", "true") if given is True else ("no", "off", "false") if given is False else (str(given),)
    return any(f"'{word}'" in str(error.get("ctx", {}).get("expected", "")) for word in words)

"""What `resonance rules` prints: what each rule does, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from rich.markup import escape
from rich.table import Table

from resonance.core.errors import ResonanceError
from resonance.core.turns import ALL_SLICES
from resonance.report.wording import amount, count, describe_rule, difference, name, share, size

Rows = Sequence[Mapping[str, Any]]
COLUMNS = ("fails", "of those asked", "alone", "size", "near")
GAIN = "bits/byte"
SHOWN = 30
"""Slices of one rule that are shown."""
NAMED = 8
"""Rules that a sentence names."""


def describe_effects(effects: Rows, rules: Rows, rule: str | None = None) -> list[str | Table]:
    """What each rule that fired does to all documents, in the order of its policy; of one ``rule`` by slice too.

    Args:
        effects: rows of ``rule_effects`` of one round.
        rules: rows of ``rules``.
        rule: a rule, by name.

    Raises:
        ResonanceError: there is no such rule.
    """
    known = {(row["policy"], row["rule"]): row for row in sorted(rules, key=lambda row: row["position"])}
    if rule is not None and rule not in {name for _, name in known}:
        raise ResonanceError(f"rules: no rule {rule} judged these documents{advise(rule, [name for _, name in known])}")
    asked = {place: row for place, row in known.items() if rule in (None, place[1])}
    whole = {(row["policy"], row["rule"]): row for row in effects if row["slice"] == ALL_SLICES}
    parts: list[str | Table] = []
    for policy in dict.fromkeys(policy for policy, _ in asked):
        rows = [(whole[place], row) for place, row in asked.items() if place[0] == policy and place in whole]
        parts += [_list_rules(policy, rows), *_describe_policy(rows)] if rule is None else [_describe_rule(*row) for row in rows]
    if rule is not None:
        parts += [_list_slices(rule, [row for row in effects if row["rule"] == rule and row["slice"] != ALL_SLICES])]
    return parts


def advise(given: str, known: Sequence[str]) -> str:
    """The names that are most like one that is not known; without one, all of a few."""
    close = get_close_matches(given, known, 1)
    return f", did you mean {close[0]}?" if close else f": there are {_list_names(list(dict.fromkeys(known)))}"


def _describe_rule(effect: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    """What a rule asks and of how many documents, and what it does to them."""
    fails, part, sole, cut, near = _write_effect(effect)
    lies = "" if effect["near"] is None else f"; {near} of the values lie near the threshold"
    return (
        f"{name(rule['rule'])} of policy {name(rule['policy'])} cuts {describe_rule(rule)}: asked of "
        f"{amount(effect['asked'], 'document')}, fails {fails} ({part}), alone {sole} ({cut}){lies}{_describe_gain(effect)}"
    )


def _describe_gain(effect: Mapping[str, Any]) -> str:
    """What the model makes of what a rule cuts alone, as a clause; empty where it read nothing of it."""
    if effect["gain"] is None:
        return ""
    ends = [difference(effect[end]) for end in ("low", "high") if effect[end] is not None]
    cut, kept = (amount(effect[count], "document") for count in ("cut_docs", "kept_docs"))
    return (
        f"; a byte of {cut} that it cuts alone costs the model {difference(effect['gain'])} bits "
        f"({' to '.join(ends) or 'too few for an interval'}) against {kept} that were kept of the same slices"
    )


def _list_rules(policy: str, rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Table:
    scored = any(effect["gain"] is not None for effect, _ in rows)
    table = _make_table(f"What rules of policy {name(policy)} cut", ("rule", *COLUMNS, *((GAIN,) if scored else ())))
    for effect, rule in rows:
        if effect["fires"]:
            table.add_row(escape(name(rule["rule"])), *_write_effect(effect), *((_write_gain(effect),) if scored else ()))
    said = "alone: documents that no other rule cuts, and their size; near: values within a twentieth of the threshold"
    more = f"; {GAIN}: of what it cuts alone, against kept texts of the same slices, with its 95% interval"
    table.caption = said + more if scored else said
    return table


def _list_slices(rule: str, rows: Rows) -> Table:
    """The slices of which a rule cuts most documents alone."""
    scored = any(row["gain"] is not None for row in rows)
    table = _make_table(f"Rule {name(rule)} by slice", ("slice", *COLUMNS, *((GAIN,) if scored else ())))
    for row in sorted(rows, key=lambda row: (-row["sole"], -row["fires"], row["slice"]))[:SHOWN]:
        table.add_row(escape(name(row["slice"])), *_write_effect(row), *((_write_gain(row),) if scored else ()))
    if len(rows) > SHOWN:
        table.caption = f"{amount(len(rows) - SHOWN, 'slice')} more, of which it cuts fewer"
    return table


def _make_table(title: str, columns: Iterable[str]) -> Table:
    """A table whose first column holds words, the others numbers."""
    table = Table(title=escape(title), title_justify="left", caption_justify="left")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place else "left", overflow="fold")
    return table


def _write_effect(row: Mapping[str, Any]) -> tuple[str, ...]:
    part, near = ("–" if row[name] is None else share(row[name]) for name in ("share", "near"))
    return count(row["fires"]), part, count(row["sole"]), size(row["sole_bytes"]), near


def _write_gain(row: Mapping[str, Any]) -> str:
    if row["gain"] is None:
        return "–"
    interval = "" if row["low"] is None else f" ({difference(row['low'])} to {difference(row['high'])})"
    return difference(row["gain"]) + interval


def _describe_policy(rows: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Iterator[str]:
    """Which rules cut nothing that others would keep."""
    idle = [rule["rule"] for effect, rule in rows if not effect["fires"]]
    doubled = [rule["rule"] for effect, rule in rows if effect["fires"] and not effect["sole"]]
    if idle:
        yield f"never fired: {_list_names(idle)}"
    if doubled:
        yield f"cut nothing that no other rule cuts: {_list_names(doubled)}"


def _list_names(rules: Sequence[str]) -> str:
    more = f" and {len(rules) - NAMED} more" if len(rules) > NAMED else ""
    return ", ".join(map(name, rules[:NAMED])) + more

"""Every sentence of a report exists in both languages, with the same places for values, and none that no report says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest

from resonance.control.plan import Plan
from resonance.control.safeguard import Harm, go_back
from resonance.control.weighting import weigh
from resonance.control.weightings.known import Known
from resonance.core.causes import COVERAGE, SHIFT
from resonance.core.settings import DecideSettings
from resonance.core.weighting import KINDS, Resonance, Weighting
from resonance.report.language import CATALOGUE, read_catalogue, restate, speak
from resonance.report.sections import SECTIONS
from resonance.tables import SIGNAL_SETS

LIBRARY = Path(__file__).parents[2] / "lib" / "resonance"
REPORT = LIBRARY / "report"
TEMPLATES = sorted(REPORT.rglob("*.j2"))
PLACE = re.compile(r"\{(\w+)\}")


WEIGHTINGS = (*(kind() for kind in KINDS), Resonance(step=1.0))
COLUMNS = re.compile(rf"[a-z_]+\.[a-z_]+|{COVERAGE}|{SHIFT}")
"""Columns of tables, settings and causes, which Chinese calls as they are called."""
PLACES = {"say": 0, "amount": 1}
"""Which argument a sentence is, and a thing."""


def list_choices(node: ast.expr, module: ModuleType) -> Iterator[str]:
    """The texts that an argument may be: one, one of two, a constant of its module, or any value of a table there."""
    if isinstance(node, ast.Constant):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*list_choices(node.body, module), *list_choices(node.orelse, module))
    elif isinstance(node, ast.Name) and node.id.isupper():
        yield getattr(module, node.id)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id.isupper():
        yield from getattr(module, node.value.id).values()


def list_calls(function: str) -> Iterator[tuple[ast.expr, ModuleType]]:
    """The argument that is said wherever a module of the report calls a function, with that module."""
    for path in REPORT.rglob("*.py"):
        module = import_module(".".join(path.relative_to(LIBRARY.parent).with_suffix("").parts).removesuffix(".__init__"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == function:
                yield node.args[PLACES[function]], module


def list_said(function: str) -> set[str]:
    """What modules and templates of the report may say by a function."""
    said = {words for node, module in list_calls(function) for words in list_choices(node, module)}
    said |= {section.name for section in SECTIONS} if function == "say" else set()
    pattern = r'say\("([^"]+)"' if function == "say" else r'amount\([^,]+, "([^"]+)"'
    return said | {found for path in TEMPLATES for found in re.findall(pattern, path.read_text(encoding="utf-8"))}


def test_whatever_is_said_can_be_listed() -> None:
    """Sentences stand where they are said, or in a table beside; remedies have a test of their own."""
    known = {"find_remedy(operator)", "find_remedy(operators[one.operator])", "section"}
    said = [(node, [*list_choices(node, module)]) for function in PLACES for node, module in list_calls(function)]
    others = {ast.unparse(node) for node, choices in said if not choices}
    assert sorted(others - known) == []


def list_constants() -> set[str]:
    """All texts that modules of the report hold, and those of remedies and templates."""
    paths = (*REPORT.rglob("*.py"), LIBRARY / "core" / "remedies.py")
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    held = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return held | list_said("say")


def test_every_sentence_has_its_chinese() -> None:
    catalogue = read_catalogue()
    assert sorted(list_said("say") - catalogue.sentences.keys()) == []
    assert sorted(list_said("amount") - catalogue.things.keys()) == []


def test_no_sentence_stands_twice() -> None:
    """YAML would take the last one without a word."""
    lines = REPORT.joinpath(CATALOGUE).read_text(encoding="utf-8").splitlines()
    keys = [line.partition('": "')[0] for line in lines if line.startswith('  "')]
    assert len(keys) == sum(map(len, read_catalogue()))
    assert len(keys) > 500


@pytest.mark.parametrize("part", ["sentences", "things", "found", "joined"])
def test_both_languages_have_the_same_places_for_values(part: str) -> None:
    pairs = getattr(read_catalogue(), part)
    places = {english: (set(PLACE.findall(english)) | ({"number"} if part == "things" else set())) for english in pairs}
    assert [english for english, chinese in pairs.items() if set(PLACE.findall(chinese)) != places[english]] == []
    assert [
        chinese for chinese in pairs.values() if re.search(r"[a-z]{3,} [a-z]{3,} [a-z]{3,}", re.sub("`[^`]*`", "", chinese))
    ] == []


def list_reasons() -> Iterator[str]:
    """Why operators say that they cannot measure, with ``x`` in each place."""
    for path in (*LIBRARY.rglob("assess/**/*.py"), LIBRARY / "core" / "binding.py"):
        module = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("UnmeasurableError", "InapplicableError"):
                yield from write_reason(node.args[0], module)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say_share":
                yield from write_reason(node.args[2], module)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Result":
                yield from (found for word in node.keywords if word.arg == "reason" for found in write_reason(word.value, module))


def write_reason(node: ast.expr, module: ast.Module) -> Iterator[str]:
    """A reason with the constants that its module names and ``x`` in each other place; nothing where it has no words."""
    named = {
        target.id: one.value.value
        for one in module.body
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    read = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
    words = [str(p.value) if isinstance(p, ast.Constant) else named.get(getattr(p, "id", "")) for p in read]
    if any(word and re.search("[a-z]", str(word)) for word in words):
        yield "".join("x" if word is None else str(word) for word in words)


def test_every_reason_of_an_operator_has_its_chinese() -> None:
    reasons = set(list_reasons())
    with speak("zh"):
        said = {reason: restate(reason) for reason in sorted(reasons)}
    assert [reason for reason, words in said.items() if words == reason or re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", words)] == []
    assert len(reasons) > 20


def weigh_everything() -> Iterator[Plan]:
    """Plans of every kind of weighting under bounds that bind and that do not, and one that goes back."""
    names = ("a", "b", "c", "d")
    limits = ((1.0,) * 4, (0.3, 0.3, 0.2, 0.0), (0.1,) * 4)
    for parameters in WEIGHTINGS:
        for limit, previous, change in product(limits, ((0.25,) * 4, (0.7, 0.1, 0.1, 0.1)), (1.1, 9)):
            known = Known(
                prior=dict.fromkeys(names, 0.25),
                previous=dict(zip(names, previous, strict=True)),
                limit=dict(zip(names, limit, strict=True)),
                held={"a": 0.5, "b": 0.3, "c": 0.2, "d": float(limit[3] > 0) / 10},
                loss={"a": 1.0, "b": 2.0, "c": 6.0},
                excess={"a": 0.0, "b": 0.1, "c": 3.0},
                progress={"a": 0.0, "b": 0.1, "c": 3.0},
                quality={"a": 0.5, "b": 0.75, "c": 1.0},
            )
            settings = DecideSettings(weighting=Weighting(name="x", parameters=parameters), max_change=change)
            yield weigh(2, known, settings)
            yield weigh(2, known, settings, {"b": COVERAGE, "d": SHIFT})
            yield go_back(3, Harm(2, 1, 0.02, 0.01, 0.03), {"a": 0.5, "b": 0.3, "c": 0.2}, known, settings)


def test_every_reason_of_a_plan_and_every_cost_has_its_chinese() -> None:
    reasons = {reason for plan in weigh_everything() for reason in plan.reasons.values()}
    costs = {Weighting(name="x", parameters=parameters).cost for parameters in WEIGHTINGS}
    with speak("zh"):
        said = {text: restate(text) for text in sorted(reasons | costs)}
    assert {text: words for text, words in said.items() if re.search("[A-Za-z]{2,}", COLUMNS.sub("", words))} == {}
    assert len(reasons) > 50


def test_every_meaning_of_a_signal_has_its_chinese() -> None:
    meanings = {signal.meaning for declared in SIGNAL_SETS.values() for signal in declared.signals}
    with speak("zh"):
        assert sorted(meaning for meaning in meanings if not re.search(r"[\u4e00-\u9fff].*。$", restate(meaning))) == []


def test_no_sentence_of_the_catalogue_is_dead() -> None:
    assert sorted(read_catalogue().sentences.keys() - list_constants()) == []
    assert sorted(read_catalogue().things.keys() - list_constants()) == []

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module, resources
from pkgutil import iter_modules

import pytest
from pydantic import ValidationError
from pyspark.sql import Row
from tests.unit.report.loop import change_rows
from tests.unit.report.test_summary import whole_loop
from tests.unit.report.words import find_english, read_texts

from resonance.core.settings import ReportSettings
from resonance.report import sections
from resonance.report.build import Gathered, compose
from resonance.report.facts.counts import Cut
from resonance.report.facts.looks import Looks
from resonance.report.facts.shared import Facts
from resonance.report.language import speak
from resonance.report.sections import SECTIONS
from resonance.report.sections.contamination import Contamination
from resonance.report.sections.duplicates import Duplicates
from resonance.report.sections.funnel import Funnel
from resonance.report.sections.record import Record
from resonance.report.sections.training import Training, Unused

REASON = (
    "the plan of round 2 did harm (0.0200 bits per byte above its control arm, 95% interval 0.0100 to 0.0300): back to weight of "
    "round 1; the repeat limit (decide.max_exposures) leaves shares that sum to 97.00%, so that fewer tokens are drawn"
)
COST = "reads no losses; costs no model and no forward pass beyond those of every round"
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7*7 }}$\\frac$"
VOID = {"meta", "br", "wbr"}


class Tags(HTMLParser):
    """Collects tags and attributes, and notes where closing tags do not match."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "data", "action")]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def made(names: tuple[str, ...]) -> Gathered:
    """Facts of every section, as its own test makes them: a section without such a test fails here."""
    tests = {section: f"tests.unit.report.sections.test_{section.draw.__module__.rpartition('.')[2]}" for section in SECTIONS}
    found = {section.name: import_module(test).make_facts(names) for section, test in tests.items()}
    return Gathered(whole_loop(names), found)


@pytest.fixture
def hostile() -> str:
    names = (HOSTILE, "other")
    facts = made(names)
    plans = change_rows(facts.sections["plan"].plans, reason=HOSTILE, policy=HOSTILE)
    steps = tuple(
        Row(**{**row.asDict(), "job": HOSTILE + row["job"], "cut_by_rule": {HOSTILE: 3}, "run": HOSTILE})
        for row in facts.shared.steps
    )
    rounds = change_rows(facts.sections["tables"].rounds, config_hash=HOSTILE, plan_hash=HOSTILE)
    bad = replace(facts.shared, plans=plans, steps=steps)
    own = {
        "plan": replace(facts.sections["plan"], plans=plans),
        "funnel": Funnel(bad, facts.sections["funnel"].languages),
        "tables": Record(bad, rounds),
    }
    return compose(Gathered(bad, {**facts.sections, **own}), ReportSettings(title=HOSTILE))


def test_each_module_that_declares_a_section_is_in_the_list() -> None:
    modules = (import_module(f"{sections.__name__}.{module.name}") for module in iter_modules(sections.__path__))
    declared = [module.SECTION for module in modules if hasattr(module, "SECTION")]
    assert sorted(section.name for section in declared) == sorted(section.name for section in SECTIONS)


@pytest.mark.parametrize("size", [1, 200])
def test_each_section_is_drawn_for_few_and_for_many_slices(size: int) -> None:
    facts = made(tuple(f"slice-{n:03}" for n in range(size)))
    assert [section.name for section in SECTIONS if section.draw(facts.sections[section.name], ReportSettings()) is None] == []


def vary(facts: Gathered) -> Iterator[Gathered]:
    """The facts as they are, and as they are where less or other was found: each shows sentences that the others do not."""
    yield facts
    shared = facts.shared
    seen = change_rows(shared.evaluations, delta=None, delta_low=None, delta_high=None)
    bad = replace(
        shared,
        steps=change_rows(shared.steps, rows_out=1, read={}),
        losses=tuple(replace(loss, share=0.5, no_loss=1, cut=2) for loss in shared.losses),
        plans=tuple(row for row in shared.plans if row["round"] == 1),
        cuts=(*shared.cuts, Cut("dedupe", "superseded", "one", 3)),
        looks=Looks(frozenset({2}), {2: 500}, {2: (3, 12)}),
    )
    own: dict[str, object] = {
        "funnel": Funnel(bad, facts.sections["funnel"].languages),
        "slices": bad,
        "contamination": Contamination(bad),
        "training": Training(bad, Unused(5, 3)),
        "held-out": replace(bad, evaluations=seen),
        "plan": replace(bad, plans=change_rows(bad.plans, policy="stratified@1", cost=None, bpb=None)),
        "duplicates": Duplicates(bad),
        "suspects": replace(facts.sections["suspects"], mended=2),
        "tables": Record(bad, ()),
    }
    yield Gathered(bad, {**facts.sections, **own})
    for delta, compared in ((0.02, 10), (0.0, 10), (-0.02, 1)):
        known = {"delta": delta, "delta_low": delta - 0.01, "delta_high": delta + 0.01, "n_compared": compared}
        rows = tuple(row if row["delta"] is None else change_rows((row,), **known)[0] for row in shared.evaluations)
        there = replace(shared, evaluations=rows, looks=Looks(frozenset({2})))
        yield Gathered(there, {**facts.sections, "held-out": there})
    yield Gathered(replace(shared, evaluations=seen, losses=(), plans=()), facts.sections)
    bare = Facts(dict.fromkeys(shared.rows, 0))
    yield Gathered(bare, {**facts.sections, "tables": Record(bare)})


def write_both(size: int) -> Iterator[tuple[Gathered, str, str]]:
    """Facts, and their page in English and in Chinese."""
    facts = made(("one", "other", *(f"slice-{n:03}" for n in range(2, size))))
    plans = change_rows(facts.shared.plans, reason=REASON, cost=COST)
    facts = Gathered(replace(facts.shared, plans=plans), {**facts.sections, "plan": replace(facts.sections["plan"], plans=plans)})
    for found in vary(facts):
        english, chinese = (compose(found, ReportSettings(language=language)) for language in ("en", "zh"))
        assert ('<html lang="en">' in english, '<html lang="zh-CN">' in chinese) == (True, True)
        yield found, english, chinese


@pytest.mark.parametrize("size", [2, 30])
def test_no_english_is_left_in_chinese(size: int) -> None:
    """Every word of Latin letters is a name of the product's own, or stands in the data."""
    assert [left for found, _, chinese in write_both(size) if (left := find_english(chinese, found))] == []


def test_both_languages_give_the_same_numbers() -> None:
    for _, english, chinese in write_both(30):
        assert count_numbers(english) == count_numbers(chinese)


def count_numbers(page: str) -> Counter[str]:
    return Counter(number for text in read_texts(page) for number in re.findall(r"[+−]?\d[\d,.]*\d|\d", text))


def test_columns_of_a_grid_differ_in_both_languages() -> None:
    facts = made(("one", "other"))
    for language in ("en", "zh"):
        with speak(language):
            blocks = [section.draw(facts.sections[section.name], ReportSettings()) for section in SECTIONS]
        grids = [grid for block in blocks if block is not None for grid in block.grids]
        assert [grid.columns for grid in grids if len(set(grid.columns)) < len(grid.columns)] == []


def test_another_language_is_refused() -> None:
    with pytest.raises(ValidationError, match="Input should be 'en' or 'zh'"):
        ReportSettings.model_validate({"language": "de"})


def test_hostile_text_makes_no_element_and_no_attribute(hostile: str) -> None:
    tags = Tags()
    tags.feed(hostile)
    assert tags.open == []
    assert not tags.seen & {"script", "img", "iframe", "link", "object", "foreignobject", "a:href"}
    assert not [name for name in tags.attributes if name.startswith("on")]
    assert hostile.count("&lt;script&gt;") > 10
    assert "{{ 7*7 }}" in hostile


def test_links_stay_inside_the_page(hostile: str) -> None:
    tags = Tags()
    tags.feed(hostile)
    assert tags.links
    assert all(link.startswith("#") for link in tags.links)
    assert {link[1:] for link in tags.links} <= set(tags.ids)
    assert len(tags.ids) == len(set(tags.ids))
    assert not re.search(r"https?:|url\((?!#)|@import", hostile)


def test_style_sheet_reads_well_in_light_and_dark() -> None:
    style = resources.files("resonance.report").joinpath("templates/report.css").read_text()
    schemes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in style.split("prefers-color-scheme: dark")]
    light, dark = schemes[0], schemes[1]
    assert light.keys() == dark.keys()
    for scheme in (light, dark):
        for text in ("ink", "soft"):
            for ground in ("paper", "card", "mist"):
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        for mark in ("blue", "orange", "teal", "purple", "grey"):
            assert contrast(scheme[mark], scheme["card"]) >= 3, mark


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2.2 defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)

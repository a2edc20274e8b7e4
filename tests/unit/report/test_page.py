from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib import import_module, resources
from pkgutil import iter_modules

import pytest
from pyspark.sql import Row
from tests.unit.report.loop import change_rows
from tests.unit.report.test_summary import whole_loop

from resonance.core.settings import ReportSettings
from resonance.report import sections
from resonance.report.build import Gathered, compose
from resonance.report.sections import SECTIONS
from resonance.report.sections.record import Record

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
        "funnel": replace(facts.sections["funnel"], steps=steps),
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


def test_the_page_of_a_workspace_is_in_english_whatever_the_language_of_assessments() -> None:
    facts = made(("one", "other"))
    assert compose(facts, ReportSettings(language="zh")) == compose(facts, ReportSettings())


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

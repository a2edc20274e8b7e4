"""The report of an assessment: the same numbers as a page, Markdown and JSON, in both languages; safe whatever the data says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.assess.quality import make_past, make_quality, make_results
from tests.unit.report.test_page import HOSTILE, Tags

from resonance.core.errors import InputError
from resonance.core.gates import PEOPLE, RULES, Gate
from resonance.core.operator import Result
from resonance.core.quality import Quality, Unusual
from resonance.report.assessment.build import FORMATS, SECTIONS, write_page, write_report, write_text
from resonance.report.assessment.hide import Hide
from resonance.report.assessment.values import list_values
from resonance.report.language import speak

WORDS = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
ADDRESS = "ada@rail-works.org"


def make_whole(table: str = "shop") -> Quality:
    absent = Result("annotator_agreement", "not_applicable", reason="the contract declares no labelled data")
    results = [absent if result.operator == absent.operator else result for result in make_results(5)]
    strata = {f"{table} {place}": place / 30 for place in range(30)}
    apart = Unusual("row_count_attainment", 0.5, 0.9, -4.0, None), Unusual("class_evenness", None, None, None, 0.25)
    return make_quality(results, strata=strata, table=table, version="3", past=make_past(), unusual=apart)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_holds_every_section_and_nothing_foreign(language: str) -> None:
    with speak(language):
        page = write_page(Hide()(make_whole(HOSTILE)))
    tags = Tags()
    tags.feed(page)
    assert tags.open == []
    assert set(SECTIONS) <= set(tags.ids)
    assert not tags.seen & {"script", "img", "iframe", "link", "object"}
    assert all(link.startswith("#") for link in tags.links)
    assert "https:" not in page
    assert page.count("&lt;script&gt;") > 10
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page


def test_no_english_is_left_in_chinese() -> None:
    with speak("zh"):
        page, text = write_page(Hide()(make_whole())), write_text(Hide()(make_whole()))
    shown = re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    for words in (shown, text):
        assert WORDS.findall(re.sub("`[^`]*`", "", words)) == []


def test_all_formats_say_the_same_numbers(tmp_path: Path) -> None:
    quality = make_whole()
    for end in FORMATS:
        write_report(quality, tmp_path / f"report{end}")
    total = f"{quality.total.value:.3f}"
    assert all(total in (tmp_path / f"report{end}").read_text() for end in (".html", ".md"))
    found = json.loads((tmp_path / "report.json").read_text())
    assert found["headline"]["value"] == quality.total.value
    assert [one["operator"] for one in found["findings"]] == [one.operator for one in quality.findings]
    assert [len(found[key]) for key in ("groups", "metrics", "strata", "history")] == [12, 36, 20, 2]
    assert found["strata_in_all"] == 30
    assert found["unusual"][0] == {"operator": "row_count_attainment", "score": 0.5, "usual": 0.9, "deviation": -4.0, "shift": None}
    text = (tmp_path / "report.md").read_text()
    assert "row_count_attainment and class_evenness stand apart" in text.replace("\\", "")
    assert len(found["operators"]) == len(quality.results)


def test_persons_are_hidden_in_all_that_comes_from_data() -> None:
    quality = make_quality(make_results(5), strata={ADDRESS: 0.1}, table=ADDRESS)
    told = tuple(replace(r, evidence=(ADDRESS,), reason=ADDRESS, params={"list": [ADDRESS]}) for r in quality.results)
    told_missing = tuple(replace(one, reason=ADDRESS) for one in quality.missing)
    gates = (Gate(RULES, "failed", (ADDRESS,)),)
    hidden = Hide()(replace(quality, results=told, missing=told_missing, gates=gates, vetoes=(ADDRESS,)))
    for found in (write_page(hidden), write_text(hidden), json.dumps(list_values(hidden))):
        assert ADDRESS not in found
        assert "*" * 5 in found.replace("\\*", "*")


def test_a_gate_that_was_not_run_is_not_shown_as_passed() -> None:
    gates = (Gate(PEOPLE, "waived", ("no reviewers",)),)
    page = write_page(make_quality(make_results(5), gates=gates))
    assert re.findall(r'class="gate (\w+)"><b>([^<]+)</b> ([^<:]+)', page)[1:] == [
        ("waived", "Gate 2, people", "waived"),
        ("not_run", "Gate 3, effect on a model", "not run"),
    ]


def test_a_file_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory"):
        write_report(make_quality(make_results(5)), tmp_path / "none" / "report.md")


def test_a_dataset_of_which_nothing_was_measured_has_a_report_too() -> None:
    quality = make_quality([Result("row_count_attainment", "not_measurable", reason="no rows")])
    for language in ("en", "zh"):
        with speak(language):
            page = write_page(quality)
            assert 'id="missing"' in page
            assert 'id="findings"' not in page
            assert list_values(quality)["headline"]["grade"] == "U"

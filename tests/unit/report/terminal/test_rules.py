from __future__ import annotations

import pytest
from rich.table import Table
from tests.unit.report.sections.test_effects import make_row
from tests.unit.report.sections.test_rules import POLICY

from resonance.app import View
from resonance.core.errors import ResonanceError
from resonance.report.terminal.rules import SHOWN, describe_effects

RULES = [row.asDict() for row in POLICY]
EFFECTS = [
    make_row("gopher_short_doc").asDict(),
    make_row("silent", fires=0, sole=0, bytes=0, sole_bytes=0, share=0.0, near=0.0).asDict(),
    make_row("tongue", near=None, sole=0, sole_bytes=0).asDict(),
    *(make_row("gopher_short_doc", f"slice-{number:02d}", sole=number).asDict() for number in range(SHOWN + 3)),
]


def read(rule: str | None = None) -> str:
    return str(View(tuple(describe_effects(EFFECTS, RULES, rule))))


def test_rules_that_fired_are_listed_in_the_order_of_the_policy_and_the_others_named() -> None:
    said = read()
    assert said.index("gopher_short_doc") < said.index("tongue")
    assert "never fired: silent" in said
    assert "cut nothing that no other rule cuts: tongue" in said
    row = next(line for line in said.splitlines() if "gopher_short_doc" in line)
    assert [cell.strip() for cell in row.split("│")[2:7]] == ["10", "25.0%", "4", "400 bytes", "10.0%"]


def test_one_rule_is_told_whole_with_the_slices_of_which_it_cuts_most_alone() -> None:
    said = read("gopher_short_doc")
    assert "cuts n_words below 50: asked of 40 documents, fails 10 (25.0%), alone 4 (400 bytes)" in said
    assert "10.0% of the values lie near the threshold" in said
    assert said.index("slice-32") < said.index("slice-31")
    assert "slice-02" not in said
    assert "3 slices more, of which it cuts fewer" in said
    assert "near the threshold" not in read("tongue")
    assert isinstance(describe_effects(EFFECTS, RULES, "tongue")[-1], Table)


def test_what_a_model_made_of_cuts_is_told_where_it_read_some() -> None:
    scored = {"cut_docs": 4, "kept_docs": 90, "gain": 0.25, "low": 0.1, "high": 0.4, "state": "scored"}
    rows = [make_row("gopher_short_doc", **scored).asDict(), make_row("tongue").asDict()]
    said = " ".join(str(View(tuple(describe_effects(rows, RULES, None)))).split())
    assert "+0.250 (+0.100 to +0.400)" in said
    assert "against kept texts of the same slices, with its 95% interval" in said
    whole = str(View(tuple(describe_effects(rows, RULES, "gopher_short_doc"))))
    assert "costs the model +0.250 bits (+0.100 to +0.400) against 90 documents that were kept of the same slices" in whole
    assert "bits" not in read()


def test_an_unknown_rule_is_one_line_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(ResonanceError, match="no rule gopher_short judged these documents, did you mean gopher_short_doc"):
        read("gopher_short")
    with pytest.raises(ResonanceError, match="there are gopher_short_doc, silent, tongue"):
        read("qqqq")

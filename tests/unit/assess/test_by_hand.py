"""Every operator over ten rows, worked out by hand: counts and fractions stand beside what they come from."""

from __future__ import annotations

import math
import zlib

import pytest
from tests.unit.assess.conftest import COMPUTED, TEXTS, ask_here, make_rows

EVEN = -(0.4 * math.log(0.4) + 0.6 * math.log(0.6))
SOURCES = -(0.5 * math.log(0.5) + 0.3 * math.log(0.3) + 0.2 * math.log(0.2))
HAN = 6 + 9 + 7 + 11 + 11
"""Han characters of the five Chinese texts."""
OTHERS = 3 * 6 + sum(len(text) for text in TEXTS[:5])
"""Bytes of everything else: five full stops and the replacement character of three bytes each, and the English texts."""
TOKENS = HAN / 1.5 + OTHERS / 4


def count(text: str) -> float:
    """The tokens of a text, as its Han characters and the bytes of everything else say."""
    han = sum("\u4e00" <= sign <= "\u9fff" for sign in text)
    return han / 1.5 + (len(text.encode()) - 3 * han) / 4


def band(text: str) -> float:
    """How close a text's compressed size is to that of prose."""
    ratio = len(zlib.compress(text.encode(), 1)) / len(text.encode())
    return max(0.0, min(1.0, (ratio - 0.10) / 0.15, (0.95 - ratio) / 0.25))


ONCE = 2 * math.log(2)
"""What a word that stands twice takes from the entropy, times the words of the text."""
ENTROPIES = (
    *(math.log(8) - ONCE / 8, math.log(8), math.log(2), math.log(14), math.log(8)),  # "the" stands twice; signal and a thrice each
    *(math.log(6) - ONCE / 6, math.log(9), math.log(7), *[math.log(11) - 2 * ONCE / 11] * 2),  # 车; 的 and 置
)
RUNS = (6, 6, 4, 12, 6, 4, 7, 5, 9, 9)
"""Runs of three words: two less than there are words, and of Chinese two less than there are characters."""

EXPECTED = {
    "unigram_entropy_score": sum(min(1.0, max(0.0, entropy - 1)) for entropy in ENTROPIES) / 10,
    "ngram_distinctness": (sum(RUNS) - 2 - 9) / sum(RUNS),  # of four runs about signals two are distinct; the last text is a copy
    "template_free_ratio": 8 / 10,  # the last two are the same
    "repeated_line_free_ratio": 1
    - 2 * len(TEXTS[8]) / (sum(map(len, TEXTS)) - len("\nA signal." * 2)),  # the last two are of one source
    "near_duplicate_free_ratio": 9 / 10,
    "eval_contamination_free_ratio": 1 - 2 / 9 / 0.5,  # one row was not looked at
    "naming_layout_conformance": 1.0,  # the table, 25 columns, the version
    "access_friction": 0.5 * 0.8 + 0.5 * (1 - 6 / 29),  # one approval, seven days of thirty
    "duration_attainment": 1 / 2,
    "canonical_form_rate": (3 + 1 + 1) / 9,  # of five Beijing three are spelled so, of three Taipei one, one stands alone
    "unit_format_uniformity": (1 + 0.9) / 2,  # sizes are numbers; one of ten dates is none
    "format_type_coverage": 1 / 3,  # 600 bytes of text, four of images: less than one in a hundred; no sound
    "modality_evenness": -(600 / 604 * math.log(600 / 604) + 4 / 604 * math.log(4 / 604)) / math.log(2),
    "licence_compatibility": sum(count(text) for place, text in enumerate(TEXTS) if place not in (1, 3, 4)) / TOKENS,
    "token_budget_attainment": TOKENS / 1000,
    "truncation_free_ratio": 9 / 10,  # one holds [...], and no mark ends it
    "encoding_cleanliness": 9 / 10,  # one holds U+FFFD
    "text_form_pass_rate": 7 / 10,  # one without stop words, one with an ellipsis in eight signs, one without function words
    "repetition_pass_rate": 9 / 10,  # two of three lines repeat the first
    "pii_free_ratio": 1 - (0.1 - 0.0001) / (0.5 - 0.0001),  # one address of mail
    "secret_free_ratio": 1 - 0.1 / 0.5,  # one JSON Web Token
    "compression_score": sum(map(band, TEXTS)) / 10,
    "length_band_coverage": 1 / 4,
    "term_density_score": 1000 * 5 / TOKENS / 100,  # signal thrice, 道岔 twice
    "term_standardness": 5 / 6,
    "domain_keyword_relevance": 3 / 10,
    "group_coverage": 2 / 3,
    "row_count_attainment": 10 / 20,
    "required_field_completeness": (1 + 1 - 0.09 / 0.19) / 2,  # one of ten codes is null: .1, between .01 and .2
    "complete_record_ratio": 9 / 10,
    "domain_taxonomy_coverage": 2 / 3,  # rail 6, power 3, road 0; three are enough
    "task_taxonomy_coverage": 1 / 2,  # qa 4, sum 6; five are enough
    "task_input_sufficiency": 1 / 2,  # qa 4, sum 5, as one of six lacks its answer
    "schema_conformance": 12 / 16,  # ghost is absent (presence, type), code has a null, made has a text that is no date
    "value_domain_validity": (8 + 8) / (10 + 9),  # sizes 0 and 9, one code z
    "controlled_vocabulary_rate": 8 / 9,
    "sensitive_column_protection": 8 / 10,
    "lawful_basis_coverage": 8 / 10,
    "source_ledger_resolution": 7 / 10,
    "first_party_share": 5 / 10,
    "business_rule_consistency": 8 / 10,
    "content_freshness": 0.5,  # each of nine is a half-life old
    "fresh_share": 1.0,
    "capture_lag_score": 1 - (5 - 2) / 4,  # the slowest of nine took 5 days; 2 are promised, 6 are the end
    "pipeline_latency_score": 1.0,
    "exact_unique_ratio": 9 / 10,
    "attribute_coverage": 1 / 2,  # constant does not vary
    "source_effective_number": math.exp(SOURCES) / 4,
    "source_channel_coverage": 2 / 3,
    "source_evenness": SOURCES / math.log(3),
    "source_concentration_score": 1 - (0.38 - 1 / 3) / (2 / 3),
    "mix_adherence": 0.95,
    "task_effective_number": math.exp(EVEN) / 2,
    "domain_effective_number": math.exp(-(2 / 3 * math.log(2 / 3) + 1 / 3 * math.log(1 / 3))) / 3,
    "domain_mix_similarity": 1 - (2 / 3 * math.log2(4 / 3) + 1 / 3 * math.log2(2 / 3) + 1 / 3) / 2,
    "language_effective_number": 1.0,
    "class_evenness": -(0.8 * math.log(0.8) + 0.2 * math.log(0.2)) / math.log(3),
    "imbalance_ratio_score": 0.0,  # maybe never occurs
    "tail_class_sufficiency": 2 / 3,
    "annotator_group_balance": 1.0,
    "in_domain_ratio": 9 / 10,
    "task_template_validity": 8 / 10,  # one answer is missing, one is as the rejected one
    "provenance_field_completeness": (1 + 9 / 10) / 6,  # times of collection, and nine of ten licences
    "licence_clarity": 0.4 + 0.3,
    "dictionary_coverage": 1 / 7,
    "support_channel_checklist": 0.4 + 0.2,
}
ROUGH = {"capture_lag_score": 0.013, "pipeline_latency_score": 0.005, "exact_unique_ratio": 0.001, "unigram_entropy_score": 1e-6}
"""What sketches may be off by: half a percent of a lag of 5 days, 2 to 6; the estimate of ten distinct ones; rounded entropies."""


@pytest.mark.parametrize("operator", COMPUTED, ids=lambda operator: operator.id)
def test_by_hand(operator, contract):
    found = ask_here(operator, contract, make_rows())
    assert found.state == "scored", found.reason
    assert found.score == pytest.approx(EXPECTED[operator.id], abs=ROUGH.get(operator.id, 1e-9))
    assert found.score_lcb <= found.score


def test_each_computed_operator_is_worked_out():
    assert set(EXPECTED) == {operator.id for operator in COMPUTED}


def test_evidence_names_the_rows(contract):
    found = {op.id: ask_here(op, contract, make_rows()).evidence for op in COMPUTED}
    assert found["complete_record_ratio"] == ("r6",)
    assert found["in_domain_ratio"] == ("r9",)
    assert found["business_rule_consistency"] == ("r0", "r1")
    assert found["task_template_validity"] == ("r3", "r4")


def test_what_was_not_looked_at_is_said(contract):
    (freshness,) = (op for op in COMPUTED if op.id == "content_freshness")
    rows = make_rows()
    assert ask_here(freshness, contract, rows).coverage == 0.9
    for row in rows[:6]:
        row["made"] = "some day"
    found = ask_here(freshness, contract, rows)
    assert (found.state, found.score, found.reason) == ("not_measurable", None, "only 30.0% of rows have a value")
    for row in rows:
        row["made"] = "never"
    assert ask_here(freshness, contract, rows).reason.startswith("no value to look at in ")

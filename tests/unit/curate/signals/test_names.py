"""Names that a model finds are listed and masked beside what patterns find; without the model nothing starts."""

from __future__ import annotations

import pyarrow as pa
import pytest

from resonance.core.errors import ConfigError
from resonance.core.settings import CleanSettings
from resonance.curate.kernels.names import chinese_words
from resonance.curate.signals.privacy import (
    choose_masking,
    mask_strings,
    measure_and_mask,
    refuse_taken_types,
    refuse_without_model,
)

TEXT = "张伟的电话是13800138001，邮箱 zhang.san@example.com，他在中国银行工作，住在北京市学院路5号。"
MASKED = "<PERSON>的电话是<PHONE>，邮箱 <EMAIL>，他在<ORGANISATION>工作，住在<ADDRESS>。"


def test_names_are_masked_beside_numbers() -> None:
    masking = choose_masking(CleanSettings(mask="placeholders", names=True))
    assert mask_strings([TEXT, None, "", TEXT], masking) == [MASKED, None, "", MASKED]
    assert "张伟" in str(mask_strings([TEXT], choose_masking(CleanSettings(mask="placeholders")))[0])


def test_their_places_are_listed_whether_texts_are_masked_or_not() -> None:
    signals, spans, texts = measure_and_mask(pa.array([TEXT, None]), choose_masking(CleanSettings(names=True)))
    assert texts.to_pylist() == [TEXT, None]
    found = {span["type"]: [TEXT[a:b] for a, b in zip(span["starts"], span["ends"], strict=True)] for span in spans[0].as_py()}
    assert found == {
        "cn_mobile": ["13800138001"],
        "email": ["zhang.san@example.com"],
        "person": ["张伟"],
        "organisation": ["中国银行"],
        "address": ["北京市学院路5号"],
    }
    assert spans[1].as_py() is None
    assert signals[0]["persons"].as_py() == 2, "names are not counted: no rule may cut by what a model only takes for a name"


def test_what_a_pattern_finds_stays_where_a_name_overlaps() -> None:
    own = CleanSettings(mask="placeholders", names=True, patterns={"bank": "国银行"})
    assert mask_strings(["李娜在中国银行工作。"], choose_masking(own)) == ["<PERSON>在中<BANK>工作。"]


def test_nothing_starts_without_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse_without_model(CleanSettings(names=True))
    monkeypatch.setattr(chinese_words, "PACKAGES", ("no_such_package",))
    refuse_without_model(CleanSettings())
    with pytest.raises(ConfigError, match=r"clean.names needs no-such-package: pip install 'resonance-factory\[names\]'"):
        refuse_without_model(CleanSettings(names=True))


def test_a_pattern_with_the_name_of_a_type_is_refused() -> None:
    """A text has one entry of each type: two patterns of one name would give it two."""
    refuse_taken_types(CleanSettings(patterns={"badge": "EMP-[0-9]{6}"}))
    says = "clean.patterns: email, person names what is looked for anyway: choose another name, such as own_email"
    with pytest.raises(ConfigError, match=f"^{says}$"):
        refuse_taken_types(CleanSettings(patterns={"person": "x", "badge": "EMP-[0-9]{6}", "email": "x@y"}))

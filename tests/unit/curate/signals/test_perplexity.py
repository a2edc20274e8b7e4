"""The set ``perplexity`` says which model measured a text; without one, nothing is said."""

from __future__ import annotations

import pyarrow as pa

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers.kneser_ney import estimate
from resonance.curate.kernels.scorers.language_model import read_tokens, weigh_costs
from resonance.curate.signals import PERPLEXITY

TAUGHT = ["Some words stand in this text.", "Other words stand here."]
ARRAYS = weigh_costs(estimate(read_tokens(pa.array(TAUGHT)), 3, 0))
SCORER = Scorer("perplexity", {"order": 3, "thirds": {"": [5.0, 9.0]}}, ARRAYS)
TEXTS = ["These words stand in English, I suppose.", "", None]


def test_rows_name_the_model_and_take_languages_that_are_known() -> None:
    found = PERPLEXITY.measure(pa.array(TEXTS), SCORER, "abc").to_pylist()
    assert found[0] == dict(zip(PERPLEXITY.names, PERPLEXITY.plainly(TEXTS[0], SCORER, "abc"), strict=True))
    assert (found[0]["scorer"], found[0]["language"]) == ("abc", "en")
    assert found[1:] == [dict.fromkeys(PERPLEXITY.names)] * 2
    told = PERPLEXITY.measure(pa.array(TEXTS), SCORER, "abc", pa.array(["xx", None, None])).to_pylist()
    assert told[0] == {**found[0], "language": "xx"}


def test_without_one_all_is_null() -> None:
    assert PERPLEXITY.measure(pa.array(TEXTS)).to_pylist() == [dict.fromkeys(PERPLEXITY.names)] * 3
    assert set(PERPLEXITY.plainly("text")) == {None}

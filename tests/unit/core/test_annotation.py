"""Recipes of annotations: what they hold, and every problem with one in one line."""

from __future__ import annotations

import pytest

from resonance.core.annotation import parse_annotations
from resonance.core.errors import ConfigError

GOOD = {
    "name": "mine",
    "version": 2,
    "languages": ["en"],
    "annotators": [{"kind": "sentence"}, {"kind": "token", "model": "words"}],
}


def test_a_recipe_names_its_annotators_in_order() -> None:
    recipe = parse_annotations(GOOD, "here")
    assert (recipe.title, recipe.models) == ("mine@2", ("words",))
    assert [annotator.kind for annotator in recipe.annotators] == ["sentence", "token"]


@pytest.mark.parametrize(
    ("annotators", "said"),
    [
        ([{"kind": "token"}], "token needs sentence before it"),
        ([{"kind": "sentence"}, {"kind": "sentence"}], "sentence stands there twice"),
        ([{"kind": "sentence"}, {"kind": "token"}, {"kind": "pos"}], "pos needs a model"),
        ([{"kind": "sentence"}, {"kind": "token"}, {"kind": "stem", "model": "m"}], "stem takes no model"),
        ([{"kind": "sentence", "runs": {"A": "<N>"}}], "sentence takes no runs"),
        ([{"kind": "sentence"}, {"kind": "token", "marks": ["."]}], "token takes no marks"),
        ([{"kind": "sentence", "model": "m", "marks": ["."]}], "sentence takes no marks"),
        ([{"kind": "guess"}], "annotators.1.kind: Input should be"),
        ([], "annotators: Tuple should have at least 1 item"),
    ],
)
def test_what_is_wrong_is_said(annotators: object, said: str) -> None:
    with pytest.raises(ConfigError, match=said.replace(".", r"\.")) as error:
        parse_annotations({**GOOD, "annotators": annotators}, "here")
    assert str(error.value).startswith("recipe here: ")


def test_entities_are_runs_of_tags() -> None:
    tagged = [{"kind": "sentence"}, {"kind": "token"}, {"kind": "pos", "model": "m"}]
    with pytest.raises(ConfigError, match="entity needs runs of tags by label"):
        parse_annotations({**GOOD, "annotators": [*tagged, {"kind": "entity"}]}, "here")
    recipe = parse_annotations({**GOOD, "annotators": [*tagged, {"kind": "entity", "runs": {"NAME": "<NNP>+"}}]}, "here")
    assert recipe.annotators[-1].runs == {"NAME": "<NNP>+"}


def test_what_holds_no_keys_is_refused() -> None:
    with pytest.raises(ConfigError, match="must hold keys and values"):
        parse_annotations(["english"], "here")

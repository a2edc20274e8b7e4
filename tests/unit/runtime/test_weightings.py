"""Weightings that travel with the code, and settings that name one or say what replaces an older name."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.errors import ConfigError
from resonance.core.settings import Config, DecideSettings
from resonance.core.weighting import KINDS, NaiveHighLoss
from resonance.runtime.conf import load
from resonance.runtime.scorers import refuse_unscored
from resonance.runtime.weightings import known_weightings, load_weighting

HARD = {"name": "hard", "version": 3, "kind": "naive_high_loss", "parameters": {"power": 4}}


def test_there_is_one_weighting_of_each_kind_called_as_its_file_with_the_figures_of_the_code() -> None:
    assert set(known_weightings()) == {kind.model_fields["kind"].default for kind in KINDS}
    for name in known_weightings():
        found = load_weighting(name)
        assert found.name == found.parameters.kind == name
        assert found.parameters == type(found.parameters)()


def test_the_default_is_stratified() -> None:
    assert load().decide.weighting == load_weighting("stratified") == Config().decide.weighting


def test_a_name_a_file_and_keys_choose_a_weighting(tmp_path: Path) -> None:
    assert load(assignments=["decide.weighting=doremi"]).decide.weighting == load_weighting("doremi")
    path = tmp_path / "hard.yaml"
    path.write_text("{name: hard, version: 3, kind: naive_high_loss, parameters: {power: 4}}")
    by_file = load(assignments=[f"decide.weighting={path}"]).decide.weighting
    by_keys = load(decide__weighting=HARD).decide.weighting
    assert by_file == by_keys
    assert (by_file.title, by_file.parameters) == ("hard@3", NaiveHighLoss(power=4.0))


def test_what_is_unknown_is_refused_with_what_there_is(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(assignments=["decide.weighting=magic"])
    names = "above_mean, by_quality, by_score, color, doremi, naive_high_loss, perplexity_band, resonance, rho, stratified, uniform"
    assert str(caught.value) == f"unknown weighting 'magic': choose one of {names}, or give a YAML file"
    with pytest.raises(ConfigError) as caught:
        load(decide__weighting=HARD | {"parameters": {"pow": 1}})
    assert str(caught.value) == "weighting in decide.weighting: kind naive_high_loss has no parameter pow: there are power"
    with pytest.raises(ConfigError, match="^cannot read weighting .*none.yaml: No such file"):
        load_weighting(str(tmp_path / "none.yaml"))
    (tmp_path / "bad.yaml").write_text("{a: ")
    with pytest.raises(ConfigError, match="^weighting .*bad.yaml is no YAML: "):
        load_weighting(str(tmp_path / "bad.yaml"))


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"signal": "clasifier.score"}, "no signal set clasifier: choose from basics, "),
        ({"signal": "classifier.probability"}, "set classifier has no signal probability: there are score, scorer"),
        ({"signal": "perplexity.band"}, "perplexity.band is a label: say by rates which part of the rate each label has"),
        ({"rates": {"tail": 0.1}}, "classifier.score is a number: say least_at and full_at, not rates"),
        (
            {"signal": "perplexity.band", "rates": {"middel": 0.5, "tail": 0.1}},
            "perplexity.band has no label middel: there are head, middle, tail",
        ),
        ({"signal": "quality.score"}, "no signal set quality: choose from "),
    ],
)
def test_a_signal_that_cannot_be_read_is_refused(parameters: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(decide__weighting={"name": "mine", "version": 1, "kind": "by_score", "parameters": parameters})
    assert str(caught.value).startswith(f"weighting in decide.weighting: parameters.signal: {says}")


def test_what_a_weighting_reads_is_measured_of_all_texts() -> None:
    """A policy reads ``datatrove`` of English texts alone; a weighting by one of its signals reads it of every text."""
    mine = {"name": "mine", "version": 1, "kind": "by_score", "parameters": {"signal": "datatrove.n_words", "full_at": 50}}
    plain, weighed = load(), load(decide__weighting=mine)
    assert "datatrove" in plain.clean.languages
    assert weighed.clean.sets == plain.clean.sets
    assert weighed.clean.languages == {name: some for name, some in plain.clean.languages.items() if name != "datatrove"}
    alone = load(judge__policy="none", decide__weighting=mine)
    assert (load(judge__policy="none").clean.sets, alone.clean.sets) == ((), ("datatrove",))
    scored = load(decide__weighting="by_score")
    assert "classifier" in scored.clean.sets
    with pytest.raises(
        ConfigError, match=r"signal set classifier is measured by what `resonance score fit .*clean.classifier=FILE"
    ):
        refuse_unscored(scored.clean)


def test_settings_that_moved_say_where_they_went() -> None:
    with pytest.raises(ConfigError) as caught:
        load(assignments=["decide.name=above_mean@1"])
    assert str(caught.value) == "configuration: decide: decide.name is decide.weighting now: a name such as above_mean, or a file"
    with pytest.raises(ConfigError) as caught:
        load(assignments=["decide.temperature=1.0", "decide.smoothing=0.1"])
    assert str(caught.value) == (
        "configuration: decide: decide.temperature and decide.smoothing: parameters of a weighting now; "
        "copy conf/weightings/above_mean.yaml, change them there, and name the copy by decide.weighting"
    )
    kept = load(assignments=["decide.max_change=3", "decide.max_total_change=5", "decide.floor=0.2", "decide.max_exposures=2"])
    assert kept.decide == DecideSettings(max_change=3.0, max_total_change=5.0, floor=0.2, max_exposures=2.0)


def test_what_results_depend_on_holds_the_kind_and_its_parameters() -> None:
    described = load(decide__weighting=HARD).decide.effective()["weighting"]
    assert described == {"name": "hard", "version": 3, "parameters": {"kind": "naive_high_loss", "power": 4.0}}

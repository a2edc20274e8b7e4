"""Layers win in order; every bad key is named before Spark starts; places and resources do not change the hash."""

from __future__ import annotations

import re

import pytest

from resonance.core.errors import ConfigError
from resonance.core.pseudonyms import KEY
from resonance.runtime.conf import config_hash, load


def test_later_layers_win(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("seed: 7\ntrain: {ranks: 3, hidden: 64}\n")
    config = load("local", "demo", [file], ["train.ranks=4", "ingest.inputs=[a, b]"], rounds=5)
    assert (config.seed, config.train.ranks, config.train.hidden, config.rounds) == (7, 4, 64, 5)
    assert config.ingest.demo
    assert config.ingest.inputs == ("a", "b")
    assert config.train.layers == load().train.layers


def test_job_layer_of_curate_keeps_no_raw_text():
    assert load("local", "curate").ingest.keep_raw is False
    assert load("local", "train").ingest.keep_raw is True


def test_masking_is_the_policys_unless_named_and_pseudonyms_need_a_key(tmp_path, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text("{name: mine, version: 1, mask: placeholders, rules: [{rule: leak, set: privacy, signal: secrets, above: 3}]}")
    policy = f"judge.policy={file}"
    config = load("local", "", (), [policy])
    assert (config.clean.mask, config.clean.key_name, config.judge.policy.mask) == ("placeholders", "", "placeholders")
    assert "privacy" in config.clean.sets
    assert load("local", "", (), [policy, "clean.mask=none"]).clean.mask == "none"
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(ConfigError, match=f"clean.mask is pseudonyms, but the variable {KEY} of the environment is not set"):
        load("local", "", (), [policy, "clean.mask=pseudonyms"])
    hashes = []
    for key in ("one key of many bytes", "another key of many bytes"):
        monkeypatch.setenv(KEY, key)
        config = load("local", "", (), [policy, "clean.mask=pseudonyms"])
        assert key not in config.model_dump_json()
        hashes.append(config_hash(config))
    assert len(set(hashes)) == 2, "another key makes other texts"


def test_patterns_of_the_user_are_read_before_anything_runs():
    config = load("local", "", (), ['clean.patterns={badge: "EMP-[0-9]{6}"}'])
    assert config.clean.patterns == {"badge": "EMP-[0-9]{6}"}
    for given, says in (
        ('{badge: "(EMP"}', "badge: expression '(EMP', place 5: a group is not closed"),
        ('{badge: "a*"}', "badge: expression 'a*' matches an empty text"),
        ('{Badge: "a"}', "the name 'Badge' must be small letters"),
    ):
        with pytest.raises(ConfigError, match=re.escape(says)):
            load("local", "", (), [f"clean.patterns={given}"])


def test_all_bad_keys_are_listed_at_once():
    with pytest.raises(ConfigError) as caught:
        load("local", "", (), ["trian.ranks=2", "train.rank=2", "seed=many"])
    message = str(caught.value)
    assert "trian: unknown key" in message
    assert "train.rank: unknown key" in message
    assert "seed: " in message
    assert "'many'" in message


def test_signatures_hold_so_many_hashes_and_no_more():
    assert load("local", "", (), ["dedupe.bands=450", "dedupe.rows=20"]).dedupe.rows == 20
    with pytest.raises(ConfigError, match="dedupe: .*200 bands of 100 rows are more hashes than the 16384 of a signature"):
        load("local", "", (), ["dedupe.bands=200", "dedupe.rows=100"])


@pytest.mark.parametrize("text", ["seed", "=3", "seed=[1"])
def test_bad_assignment_is_one_clear_line(text):
    with pytest.raises(ConfigError, match="--set"):
        load("local", "", (), [text])


def test_unreadable_and_broken_files_are_named(tmp_path):
    with pytest.raises(ConfigError, match=r"absent\.yaml"):
        load("local", "", [tmp_path / "absent.yaml"])
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match=r"broken\.yaml is no YAML"):
        load("local", "", [tmp_path / "broken.yaml"])
    with pytest.raises(ConfigError, match="choose one of"):
        load("moon")


def test_a_policy_is_read_and_tells_clean_what_it_needs(tmp_path):
    config = load()
    assert config.judge.policy.title == "by_language@1"
    assert (config.clean.sets, config.clean.rewrite) == (("basics", "any_language", "chinese", "datatrove"), "none")
    assert {name: str(languages) for name, languages in config.clean.languages.items()} == {
        "datatrove": "en",
        "chinese": "wuu, yue, zh",
        "any_language": "all but en",
    }
    both = load("local", "", (), ["clean.sets=[datatrove]"])
    assert both.clean.sets == config.clean.sets
    assert set(both.clean.languages) == {"chinese", "any_language"}, "what is asked for by name is measured of all texts"
    config = load("local", "", (), ["judge.policy=gopher"])
    assert (config.clean.sets, config.clean.languages, config.clean.rewrite) == (("basics", "datatrove"), {}, "none")
    config = load("local", "curate", (), ["clean.sets=[dclm]"], judge__policy="fineweb")
    assert (config.clean.sets, config.clean.rewrite) == (("datatrove", "dclm"), "c4_lines")
    assert load("local", "", (), ["clean.sets=[]"], judge__policy="gopher").clean.sets == ("datatrove",)
    assert load("local", "", (), ["judge.policy=fineweb", "clean.rewrite=none"]).clean.rewrite == "none"
    assert load("local", "", (), ["judge.policy=none"]).clean.sets == (), "what nobody reads is not measured"
    file = tmp_path / "own.yaml"
    file.write_text("judge: {policy: {name: own, version: 2, rules: [{rule: r, signal: n_words, above: 9}]}}")
    assert load(files=[file]).judge.policy.title == "own@2"
    with pytest.raises(ConfigError, match="unknown policy 'gofer'"):
        load("local", "", (), ["judge.policy=gofer"])
    with pytest.raises(ConfigError, match="clean.sets: no signal set gopher; choose from basics, "):
        load("local", "", (), ["clean.sets=[gopher]"])


def test_a_changed_threshold_leaves_clean_as_it_is(tmp_path):
    file = tmp_path / "own.yaml"
    file.write_text("{name: own, version: 1, profile: datatrove, rules: [{rule: r, signal: n_words, above: 9}]}")
    base, own = load(judge__policy="gopher"), load("local", "", (), (), judge__policy=str(file))
    assert own.clean == base.clean
    assert config_hash(own) != config_hash(base)


def test_hash_ignores_places_and_resources_only():
    base = config_hash(load())
    assert config_hash(load("local", "", (), ["workspace=elsewhere", "train.ranks=1", "spark.shuffle_partitions=9"])) == base
    assert config_hash(load("local", "", (), ["train.hidden=32"])) != base
    assert config_hash(load("local", "", (), ["seed=1"])) != base


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("batch=20241101", "batch: .* reads it as a number: put it in quotes"),
        ("batch=2024-11-01", "batch: .* reads it as a date: put it in quotes"),
        ("batch=1.5", "batch: .* reads it as a number: put it in quotes"),
        ("batch=null", "batch: .* as no value: put the word in quotes"),
        ("task={kind: classification, labels: [yes, no]}", r"task.labels.0: .*truth values: put it in quotes; task\.labels\.1"),
        ("ingest.inputs=[on]", "ingest.inputs.0: .*truth values: put it in quotes"),
        ("clean.sets=[no]", "no signal set False; YAML reads .*truth values: put it in quotes"),
        ("judge.policy=no", "policy .*truth values: put it in quotes"),
        ("judge.policy={name: 7, version: 1}", "name: .*a number: put it in quotes"),
        (
            "judge.policy={name: m, version: 1, rules: [{rule: l, set: basics, signal: language, in: [en, no]}]}",
            r"rule 1 \(l\): in.1: .*\(got False\); YAML reads yes, no, .* as truth values: put it in quotes",
        ),
        ("decide.weighting=2024-11-01", "weighting .*as a date: put it in quotes"),
    ],
)
def test_what_yaml_does_not_take_for_text_is_told(assignment, said):
    with pytest.raises(ConfigError, match=said) as caught:
        load("local", "", (), [assignment])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("assignment", ["seed=many", "train.ranks=[1]", "task.kind=on"])
def test_other_values_get_no_advice_on_quotes(assignment):
    with pytest.raises(ConfigError) as caught:
        load("local", "", (), [assignment])
    assert "quotes" not in str(caught.value)


@pytest.mark.parametrize("quoted", ['batch="20241101"', "batch='2024-11-01'", 'task={kind: classification, labels: ["yes", "no"]}'])
def test_what_stands_in_quotes_is_text(quoted):
    assert load("local", "", (), [quoted]).batch

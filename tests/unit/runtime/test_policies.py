"""Policies that travel with the code hold the figures of their sources, and files are found or refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance.core.errors import ConfigError
from resonance.curate.signals import SETS
from resonance.runtime.policies import known_policies, load_policy, readable_sets

QUALITY = [
    ("gopher_short_doc", "n_words", "below", 50),
    ("gopher_long_doc", "n_words", "above", 100_000),
    ("gopher_below_avg_threshold", "mean_word_length", "below", 3),
    ("gopher_above_avg_threshold", "mean_word_length", "above", 10),
    ("gopher_too_many_hashes", "hash_ratio", "above", 0.1),
    ("gopher_too_many_ellipsis", "ellipsis_ratio", "above", 0.1),
    ("gopher_too_many_bullets", "bullet_line_ratio", "above", 0.9),
    ("gopher_too_many_end_ellipsis", "end_ellipsis_line_ratio", "above", 0.3),
    ("gopher_below_alpha_threshold", "alpha_word_ratio", "below", 0.8),
    ("gopher_enough_stop_words", "stop_words", "below", 2),
]
REPETITION = [
    ("dup_para_frac", "dup_para_frac", "above", 0.3),
    ("dup_para_char_frac", "dup_para_char_frac", "above", 0.2),
    ("dup_line_frac", "dup_line_frac", "above", 0.3),
    ("dup_line_char_frac", "dup_line_char_frac", "above", 0.2),
    *((f"top_{n}_gram", f"top_{n}_gram", "above", limit) for n, limit in ((2, 0.2), (3, 0.18), (4, 0.16))),
    *((f"duplicated_{n}_n_grams", f"duplicated_{n}_n_grams", "above", (20 - n) / 100) for n in range(5, 11)),
]
DOCUMENTATION = [(*rule[:3], 0.5) if rule[1] == "alpha_word_ratio" else rule for rule in QUALITY]
C4 = [
    ("lorem_ipsum", "c4_lorem_ipsum", "above", 0),
    ("curly_bracket", "c4_curly_bracket", "above", 0),
    ("too_few_sentences", "c4_sentences", "below", 5),
]
FINEWEB = [("line_punct_ratio", "line_punct_ratio", "below", 0.12), ("short_line_ratio", "short_line_ratio", "above", 0.67)]
CODE = [("char_dup_ratio", "char_dup_ratio", "above", 0.01), ("list_ratio", "list_ratio", "above", 0.3)]
PAPER = [("char_dup_ratio", "char_dup_ratio", "above", 0.1)]


@pytest.mark.parametrize(
    ("name", "rewrite", "rules"),
    [
        ("none", "none", []),
        ("gopher", "none", QUALITY + REPETITION),
        ("documentation", "none", DOCUMENTATION + REPETITION),
        ("fineweb", "c4_lines", REPETITION + QUALITY + C4 + FINEWEB + CODE),
        ("fineweb-paper", "c4_lines", REPETITION + QUALITY + C4 + FINEWEB + PAPER),
    ],
)
def test_policies_hold_the_figures_of_their_sources(name: str, rewrite: str, rules: list[tuple[str, str, str, float]]) -> None:
    policy = load_policy(name)
    assert (policy.name, policy.profile, policy.rewrite) == (name, "datatrove", rewrite)
    assert [(rule.rule, rule.signal, rule.side, rule.threshold) for rule in policy.rules] == rules


def test_every_policy_is_called_as_its_file() -> None:
    assert {"none", "gopher", "fineweb", "fineweb-paper"} <= set(known_policies())
    assert [load_policy(name).name for name in known_policies()] == list(known_policies())


def test_what_differs_between_engines_differs_between_policies() -> None:
    """curation-rules 3.6 to 3.8: Dolma's median length and its .3 for characters in duplicate lines, DCLM's removed words."""
    rules = {name: {(r.signal, r.side): r.threshold for r in load_policy(name).rules} for name in ("gopher", "dolma", "dclm")}
    assert [rules[name]["dup_line_char_frac", "above"] for name in rules] == [0.2, 0.3, 0.2]
    assert [name for name in rules if ("median_word_length", "below") in rules[name]] == ["dolma"]
    assert [name for name in rules if ("dup_para_frac", "above") in rules[name]] == ["gopher", "dclm"]
    assert rules["dclm"]["removed_word_ratio", "above"] == 0.05
    shared = [("n_words", "below"), ("n_words", "above"), ("alpha_word_ratio", "below"), ("stop_words", "below")]
    assert {tuple(found[rule] for rule in shared) for found in rules.values()} == {(50.0, 100_000.0, 0.8, 2.0)}
    assert {found["duplicated_5_n_grams", "above"] for found in rules.values()} == {0.15}


def test_each_language_has_its_rules_by_default() -> None:
    policy = load_policy("by_language")
    held = {name: load_policy(name) for name in ("gopher", "zh", "any_language")}
    assert [rule.rule.partition(".")[0] for rule in policy.rules] == [name for name, part in held.items() for _ in part.rules]
    assert {rule.rule.partition(".")[0]: str(rule.languages) for rule in policy.rules} == {
        "gopher": "en",
        "zh": "wuu, yue, zh",
        "any_language": "all but en, wuu, yue, zh",
    }
    limits = [(rule.signal, rule.side, rule.threshold) for rule in policy.rules]
    assert limits == [(rule.signal, rule.side, rule.threshold) for part in held.values() for rule in part.rules]


def test_policies_read_what_is_measured_before_rewriting() -> None:
    """Verdicts are of texts as they were cleaned; ``quality`` is of texts as they are stored."""
    assert list(readable_sets()) == [*(declared.name for declared in SETS if declared.name != "quality"), "annotations"]


def test_files_are_read_and_refused_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("{name: mine, version: 2, profile: datatrove, rules: [{rule: r, signal: n_words, below: 5}]}")
    assert load_policy(str(file)).title == "mine@2"
    for text, says in (
        ("{name: mine", "mine.yaml is no YAML: "),
        ("- 1", "must hold keys and values"),
        ("{name: mine, version: 1, rules: [{rule: r, signal: n_wrds, below: 5}]}", "has no signal n_wrds, did you mean n_words"),
    ):
        file.write_text(text)
        with pytest.raises(ConfigError, match=says) as caught:
            load_policy(str(file))
        assert "\n" not in str(caught.value)
    file.write_text("{name: mine, version: 2, languages: {en: gopher, de: gofer}, others: none}")
    with pytest.raises(ConfigError, match="unknown policy 'gofer'"):
        load_policy(str(file))
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot read policy"):
        load_policy(str(file))
    with pytest.raises(ConfigError, match=r"cannot read policy .*gone.yaml: No such file"):
        load_policy(str(tmp_path / "gone.yaml"))
    with pytest.raises(ConfigError, match="unknown policy 'gofer': choose one of .*gopher.*, or give a YAML file"):
        load_policy("gofer")

"""What a step reads decides what makes it stale: one more signal set concerns no step but the one that measures it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resonance.core.job import Job, Step
from resonance.core.policy import Policy
from resonance.core.settings import CleanSettings, Config, JudgeSettings
from resonance.core.table import Family, Table
from resonance.factory import CLEAN, JUDGE, loop
from resonance.runtime.policies import load_policy
from resonance.runtime.run.origins import Origins, find_origins, identify
from resonance.runtime.run.schedule import upstream
from resonance.tables import MEASURED, SIGNALS


def configure(*sets: str, policy: str = "gopher", keep_raw: bool = True) -> Config:
    ingest = Config().ingest.model_copy(update={"keep_raw": keep_raw})
    return Config(ingest=ingest, clean=CleanSettings(sets=sets), judge=JudgeSettings(policy=load_policy(policy)))


def identities(config: Config, changed: Job | None = None) -> dict[str, str]:
    """Identities of all steps of the loop by place; ``changed`` takes the place of the job of its name."""
    steps = [Step(changed, s.round, s.arm) if changed and s.job.name == changed.name else s for s in loop(config)]
    found: dict[str, Origins] = {}
    for index, step in enumerate(steps):
        found[step.place] = find_origins(step, config, [found[e.place] for e in upstream(step, steps[:index])])
    return {place: identify(origins) for place, origins in found.items()}


def differ(one: dict[str, str], other: dict[str, str]) -> set[str]:
    assert one.keys() == other.keys()
    return {place.partition("/")[0] for place in one if one[place] != other[place]}


def test_one_more_set_makes_nothing_else_stale() -> None:
    for keep_raw, job in ((True, "clean"), (False, "ingest")):
        few, more = (configure(*sets, keep_raw=keep_raw) for sets in (["datatrove"], ["datatrove", "dolma", "basics"]))
        assert differ(identities(few), identities(more)) == {job, "assess"}


def test_another_policy_over_the_same_sets_makes_verdicts_stale_and_texts_not() -> None:
    sets = ("basics", "datatrove")
    changed = differ(identities(configure(*sets)), identities(configure(*sets, policy="fineweb")))
    assert {"judge", "dedupe", "train"} <= changed
    assert not changed & {"ingest", "clean"}


def test_a_new_version_of_a_set_concerns_those_that_read_it() -> None:
    def raise_version(name: str) -> Job:
        members = tuple((n, replace(t, version=2) if n == name else t) for n, t in MEASURED.members)
        newer: tuple[Table | Family, ...] = tuple(replace(e, members=members) if e is MEASURED else e for e in CLEAN.writes)
        return replace(CLEAN, writes=newer)

    assert SIGNALS in JUDGE.reads
    config = configure("datatrove", "dolma")
    before = identities(config)
    assert differ(before, identities(config, CLEAN)) == set()
    assert differ(before, identities(config, raise_version("dclm"))) == set(), "it is not measured"
    assert differ(before, identities(config, raise_version("dolma"))) == {"clean", "assess"}, "gopher does not read it"
    assert {"clean", "judge", "dedupe"} <= differ(before, identities(config, raise_version("datatrove")))


@pytest.mark.parametrize(("keep_raw", "reading"), [(True, {"ingest", "clean"}), (False, {"ingest"})])
def test_another_pattern_concerns_what_says_where_it_was_found(keep_raw: bool, reading: set[str]) -> None:
    """Reasons that quote it, and the tables of what was found, which some verdicts read; texts only where they are masked."""

    def search(config: Config, patterns: dict[str, str], mask: str = "none") -> dict[str, str]:
        cleaning = CleanSettings.model_validate({"sets": config.clean.sets, "patterns": patterns, "mask": mask})
        return identities(config.model_copy(update={"clean": cleaning}))

    plain, private = (configure(*sets, keep_raw=keep_raw) for sets in (["datatrove"], ["datatrove", "privacy"]))
    badge, desk = {"badge": "EMP-[0-9]{6}"}, {"desk": "D[0-9]{2}"}
    assert differ(search(plain, badge), search(plain, desk)) == reading
    assert differ(search(private, badge), search(private, desk)) == reading | {"assess"}
    leaks = Policy.model_validate(
        {"name": "leaks", "rules": [{"rule": "own", "set": "privacy", "signal": "own_patterns", "above": 0}]}
    )
    judged = private.model_copy(update={"judge": JudgeSettings(policy=leaks)})
    assert reading | {"judge", "dedupe"} <= differ(search(judged, badge), search(judged, desk))
    masked = differ(search(plain, badge, "placeholders"), search(plain, desk, "placeholders"))
    assert reading | {"judge", "dedupe", "decontaminate", "train"} <= masked


def test_another_rewriting_makes_all_stale() -> None:
    config = configure("datatrove")
    rewritten = config.model_copy(update={"clean": CleanSettings(sets=("datatrove",), rewrite="c4_lines")})
    assert {"clean", "judge", "dedupe"} <= differ(identities(config), identities(rewritten))

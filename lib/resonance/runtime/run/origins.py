"""What the results of a step rest on, as hashes: a step is up to date while the identities of what it reads stay."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from resonance.core.hashes import hash_text
from resonance.core.job import Job, Step
from resonance.core.settings import Config
from resonance.core.table import Family, list_tables

Origins = Mapping[str, str]
"""Identities of what a step leaves in tables, by the table's name."""


def find_origins(
    step: Step,
    config: Config,
    upstream: Sequence[Origins],
    registered: Sequence[str] = (),
    sources: str = "",
    others: Sequence[str] = (),
) -> dict[str, str]:
    """The identity of what a step leaves in each table: of its job, settings, seed, place and the identities that it reads.

    Which members of a family a step fills says nothing of its other tables: one more signal set leaves them as they were. So does
    a setting that is named as a member: it concerns this one alone. What other settings concern, the job says.

    Args:
        step: the step.
        config: the settings that it runs under.
        upstream: origins of the earlier steps that write what it reads.
        registered: evaluation sets and their versions, where it reads them: no step writes them.
        sources: the fingerprint of the inputs, where it reads them.
        others: what other batches hold, where it works on all of them; only batches that are there change an identity.
    """
    job, sections = step.job, step.job.read_sections(config).values()
    reads = [table.name for table in list_tables(job.reads, sections)]
    families = [entry for entry in job.writes if isinstance(entry, Family)]
    members = {name: table.name for family in families for name, table in family.members}
    choices = {*members, *(family.chosen_by for family in families)}
    effective = job.read_effective(config)
    values = {members[k]: v for given in effective.values() for k, v in given.items() if k in members and v is not None}
    described: dict[str, Any] = {
        "job": [job.name, job.run.__name__, job.version],
        "place": [config.batch, step.round, step.arm],
        "seed": config.seed,
        "upstream": [list(dict.fromkeys(origins[name] for name in reads if name in origins)) for origins in upstream],
        "inputs": sources,
        "registered": list(registered),
    }
    if others:
        described["others"] = list(others)
    tables = list_tables((*job.writes, *job.appends), sections)
    own = {table.name: [table.name, table.version, *filter(None, [values.get(table.name)])] for table in tables}
    return {
        name: _hash({**described, "settings": _choose_settings(job, name, effective, choices), "table": table})
        for name, table in own.items()
    }


def _choose_settings(
    job: Job, table: str, effective: Mapping[str, Mapping[str, Any]], choices: Collection[str]
) -> list[dict[str, Any]]:
    """By section, the settings that one table depends on; sections of which it depends on none are left out."""
    others = {name for name, changed in job.concerns.items() if table not in {one.name for one in changed}}
    sections = (
        {key: value for key, value in given.items() if key not in choices and f"{section}.{key}" not in others}
        for section, given in effective.items()
    )
    return [given for given in sections if given]


def identify(origins: Origins) -> str:
    """The identity of a step: that of all that it leaves."""
    return _hash(origins)


def _hash(described: object) -> str:
    return hash_text(json.dumps(described, sort_keys=True))

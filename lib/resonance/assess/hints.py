"""What a draft of a contract cannot say: which operators ask for what, and the form in which it is supplied."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from pyspark.sql import DataFrame

from resonance.assess.assess import bind_operators
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.core.dataset import ENTRIES, FIELDS, DatasetContract
from resonance.core.printable import escape_hidden

FORMS: Mapping[str, str] = {
    **dict.fromkeys(("attributes", "categorical", "quasi_identifiers", "task_fields"), "[COLUMN, …]"),
    **dict.fromkeys(("languages", "labels", "domain_taxonomy", "task_taxonomy", "modalities", "annotator_groups"), "[VALUE, …]"),
    **dict.fromkeys(("source_mix", "domain_mix"), "{VALUE: SHARE, …}"),
    "strata": "[[VALUE, …], …], in the order of adaqStrata",
    "examples": "[{select: [EXPRESSION, …], where: CONDITION}, …]",
    "max_age": "365  (days)",
    "interval": "60  (seconds between two rows of an entity)",
    "min_hours": "100",
    "purpose": "research, commercial, release or commercial-release",
    "risk_lexicon": "[PHRASE, …], or {CLASS: [PHRASE, …]}",
    "group_lexicon": "{GROUP: [WORD, …]}",
    "evaluation_registry": "[NAME, …]  (evaluation sets that were looked for)",
    "splits": "{train: 1000, test: 100}  (least rows)",
    "formats": "[json, …]",
    "channels": "[public, purchased, …]",
    "stable_columns": "[COLUMN, …], and previous_version: TABLE",
    "access_days": "3",
    "task_registry": "{TASK: [COLUMN, …]}",
    "sla_latency": "7  (days), or latency in slaProperties",
    "sla_frequency": "30  (days), or frequency in slaProperties",
    "release_records": "FILE  (version, published_at, changelog, owner, added, removed, changed)",
    "ticket_log": "FILE  (opened_at, answered_at, resolved_at)",
    "run_events": "FILE  (events of OpenLineage)",
    "run_metrics": "FILE  (in, out, rejected)",
    "raw_objects": "FILE  (path, sha256)",
    "card": "FILE  (one object in the words of Croissant 1.1)",
}
"""How a declaration is written, where ``FIELDS`` and ``ENTRIES`` do not say it."""
TERMS = (
    "description: {purpose: …, limitations: …, usage: …}",
    "support: [{channel: …, url: …}, {channel: …, url: …, scope: escalation}]",
    "team: {members: [{username: …, role: owner}]}",
    "slaProperties: [{property: responseTime, value: 3, unit: d}, {property: frequency, value: 30, unit: d}]",
    "roles: [{role: reader, access: read, firstLevelApprovers: …}]",
)
"""Parts of the standard that operators read, and that no row tells."""


def list_hints(rows: DataFrame, contract: DatasetContract) -> Iterator[str]:
    """Comments for the end of a draft: what it lacks, in what form, and for which operators. Reads no row."""
    automatic = [operator for operator in OPERATORS if operator.mode == "A" and operator.bind is not None]
    _, refused = bind_operators(automatic, rows, contract, datetime.now(UTC))
    asking: dict[str, list[str]] = {}
    for id, result in refused.items():
        if result.state == "not_measurable" and re.search("contract|adaq", result.reason):
            asking.setdefault(result.reason, []).append(id)
    shown = set(contract.declared)
    yield "# What no row tells, and who asks for it. Replace what stands in capitals, and take the sign of comments away."
    for reason, ids in sorted(asking.items()):
        yield f"# {', '.join(ids)}: {escape_hidden(reason)}"
        named = [*re.findall(r"declares no (\w+)", reason), *(name for id in ids for name in BY_ID[id].inputs)]
        lacking = [name for given in named for name in given.split("|") if name not in shown]
        yield from (f"#     {name}: {form}" for name in dict.fromkeys(lacking) if (form := find_form(name)))
        shown.update(lacking)
    yield "# For people, beside id and name:"
    yield from (f"# {term}" for term in TERMS)


def find_form(name: str) -> str:
    """How a declaration is written; empty where nothing is known of it."""
    if name in FORMS:
        return FORMS[name]
    if name in ENTRIES:
        return f"{{NAME: {{{', '.join(f'{key}: …' for key in ENTRIES[name])}}}}}"
    if name in FIELDS:
        return f"{{{', '.join(f'{key}: …' for key in FIELDS[name])}}}"
    return ""

"""The report as JSON: its numbers as they are, and its findings in words."""

from __future__ import annotations

import json
from typing import Any

from resonance.core.adaq import GROUPS, METRICS
from resonance.core.packages import name_software
from resonance.core.quality import Quality, Score
from resonance.report.assessment.groups import VIEWS, weigh_view
from resonance.report.assessment.head import list_sentences
from resonance.report.assessment.names import name_group, name_metric, say_remedies
from resonance.report.assessment.strata import WORST
from resonance.report.language import get_language, restate


def write_json(quality: Quality) -> str:
    """All sections of the report as one JSON object."""
    return json.dumps(list_values(quality), ensure_ascii=False, indent=1, allow_nan=False, default=str) + "\n"


def list_values(quality: Quality) -> dict[str, Any]:
    """The report as values that JSON holds."""
    operators, floors = quality.operators, quality.floors
    return {
        "language": get_language(),
        "identity": {
            **{key: getattr(quality, key) for key in ("table", "version", "contract", "stage", "rows")},
            "software": name_software(),
            "as_of": quality.made.isoformat(),
            "profile": {
                "name": quality.profile.title,
                "groups": {str(number): weight for number, weight in quality.profile.groups.items()},
                "metrics": {str(number): weight for number, weight in quality.profile.metrics.items()},
            },
        },
        "headline": {
            "grade": quality.letter,
            **vars(quality.total),
            "vetoes": list(quality.vetoes),
            "release": quality.release,
            "automation": quality.automation,
            "gates": [vars(gate) for gate in quality.gates],
            "sentences": list(list_sentences(quality)),
        },
        "views": {view: weigh_view(quality, groups) for view, groups in VIEWS},
        "groups": [_list_score(g.number, name_group(g.number), quality.groups[g.number]) for g in GROUPS],
        "metrics": [{"group": m.group, **_list_score(m.number, name_metric(m.number), quality.metrics[m.number])} for m in METRICS],
        "operators": [
            {
                **{key: value for key, value in vars(result).items() if key != "stratum"},
                "reason": restate(result.reason),
                "metric": operators[result.operator].metric,
                "mode": operators[result.operator].mode,
                "floor": floors.get(result.operator),
                "earlier": [one.operators[result.operator] for one in quality.past if result.operator in one.operators],
            }
            for result in quality.results
        ],
        "findings": [{**vars(one), "mend": say_remedies([operators[id] for id in one.operators])} for one in quality.findings],
        "missing": [{**vars(one), "reason": restate(one.reason)} for one in quality.missing],
        "strata": [
            {
                "values": dict(one.values),
                "rows": one.rows,
                "score": one.total.value,
                "coverage": one.total.coverage,
                "groups": {str(number): score.value for number, score in one.groups.items()},
            }
            for one in quality.strata[:WORST]
        ],
        "strata_in_all": len(quality.strata) + quality.left_out,
        "unusual": [vars(one) for one in quality.unusual],
        "history": [
            {"version": p.version, "as_of": p.made and p.made.isoformat(), "grade": p.letter, "score": p.total}
            for p in quality.past
        ],
    }


def _list_score(number: int, title: str, score: Score) -> dict[str, Any]:
    return {"number": number, "name": title.partition(" ")[2], **vars(score)}

"""Ten rows with a fault of every kind, their contract, and operators asked in this process, without an engine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import from_arrow_schema

from resonance.assess.assess import bind, judge, read_params, refuse_inapplicable
from resonance.assess.contracts import parse_dataset
from resonance.assess.measure import Gather, add_states
from resonance.assess.operators import OPERATORS
from resonance.core.binding import Asked, Bound, InapplicableError, UnmeasurableError
from resonance.core.dataset import DatasetContract
from resonance.core.operator import Operator, Result
from resonance.core.records import Records
from resonance.runtime.licences import load_licences

NOW = datetime(2026, 4, 11, tzinfo=UTC)
"""A hundred days after most rows were made."""
Row = dict[str, Any]

CONTRACT = """
apiVersion: v3.2.0
kind: DataContract
id: shop
version: 1.0.0
customProperties:
- {property: adaqStage, value: general, vendor: adaq}
- {property: adaqModalities, value: [text, structured, labelled, instruction, preference, multimodal, time-series], vendor: adaq}
- property: adaqRoles
  vendor: adaq
  value:
    {id: id, text: text, source_id: source, domain: domain, task: task, lang: lang, label: label, channel: channel,
     created_at: made, collected_at: fetched, available_at: ready, chosen: chosen, rejected: rejected, annotator_group: annotator,
     licence: terms, format: kind, modality: kind, bytes: weight, duration_s: seconds, representative: twin,
     contaminated: exam}
- property: adaqDeclared
  vendor: adaq
  value:
    min_rows: 20
    max_age: 100
    sla_latency: 2
    domain_taxonomy: [rail, power, road]
    task_taxonomy: [qa, sum]
    task_registry: {qa: [text], sum: [text, chosen]}
    task_fields: [text, chosen]
    languages: [en, zh]
    labels: ["yes", "no", maybe]
    channels: [public, purchased, synthetic]
    annotator_groups: [g1, g2]
    attributes: [channel, constant]
    source_mix: {a: 2, b: 1, c: 1}
    source_ledger:
      a: {basis: consent, evidence: archive/a, origin: survey}
      b: {basis: contract}
      c: {evidence: archive/c}
    min_tokens: 1000
    terminology: {terms: [signal, 道岔], deprecated: [line], forbidden: []}
    group_lexicon: {north: [coast], south: [昨天], west: [desert]}
    purpose: commercial
    categorical: {city: {北京: Beijing}}
    formats: [text, image, sound]
    modalities: [text, image]
    min_hours: 2
    licence_terms: {name: CC-BY-4.0, uses: any}
    evaluation_registry: [arithmetic]
    access_days: 7
    naming_rules: {table: "[a-z]+", columns: "[a-z_]+", version: semver}
roles:
- {role: reader, access: read, firstLevelApprovers: ada}
- {role: keeper, access: read, firstLevelApprovers: ada, secondLevelApprovers: bo}
support:
- {channel: "#shop", url: "https://example.org"}
team: [{username: ada, role: owner}]
schema:
- name: shop
  properties:
  - {name: id, logicalType: string, required: true}
  - {name: text, logicalType: string}
  - {name: code, logicalType: string, required: true, enum: [{value: x}, {value: y}]}
  - name: size
    logicalType: number
    description: the size in metres
    examples: [1]
    logicalTypeOptions: {minimum: 1, maximum: 8}
    customProperties: [{property: unit, value: m}]
  - {name: made, logicalType: date}
  - {name: secret, logicalType: string, classification: restricted}
  - {name: ghost, logicalType: string}
  quality:
  - {name: size_is_large, type: custom, engine: delta, implementation: size >= 2}
  - {type: custom, engine: adaq, implementation: {operator: domain_taxonomy_coverage, params: {min_per_domain: 3}}}
  - {type: custom, engine: adaq, implementation: {operator: task_taxonomy_coverage, params: {min_per_task: 5}}}
  - {type: custom, engine: adaq, implementation: {operator: task_input_sufficiency, params: {min_per_task: 5}}}
  - {type: custom, engine: adaq, implementation: {operator: tail_class_sufficiency, params: {min_per_class: 2}}}
  - {type: custom, engine: adaq, implementation: {operator: source_effective_number, params: {target_sources: 4}}}
  - {type: custom, engine: adaq, implementation: {operator: content_freshness, params: {half_life_days: 100}}}
  - {type: custom, engine: adaq, implementation: {operator: annotator_group_balance}}
  - {type: custom, engine: adaq, implementation: {operator: pii_free_ratio, params: {hi: 0.5}}}
  - {type: custom, engine: adaq, implementation: {operator: secret_free_ratio, params: {hi: 0.5}}}
  - {type: custom, engine: adaq, implementation: {operator: text_form_pass_rate, params: {min_words: 4}}}
  - type: custom
    engine: adaq
    implementation: {operator: repetition_pass_rate, params: {max_top_2: 0.7, max_top_3: 0.7, max_top_4: 0.7}}
  - {type: custom, engine: adaq, implementation: {operator: term_density_score, params: {reference_density: 100}}}
  - {type: custom, engine: adaq, implementation: {operator: domain_keyword_relevance, params: {min_terms: 1}}}
  - {type: custom, engine: adaq, implementation: {operator: group_coverage, params: {min_mentions: 1}}}
  - {type: custom, engine: adaq, implementation: {operator: eval_contamination_free_ratio, params: {hi: 0.5}}}
  - {type: custom, engine: adaq, implementation: {operator: template_free_ratio, params: {max_rows: 1}}}
  - {type: custom, engine: adaq, implementation: {operator: unigram_entropy_score, params: {min_tokens: 5, lo: 1.0, hi: 2.0}}}
  - {type: custom, engine: adaq, implementation: {operator: repeated_line_free_ratio, params: {max_documents: 1}}}
  - {type: custom, engine: adaq, implementation: {operator: ngram_distinctness, params: {lo: 0.0, hi: 1.0}}}
"""
TEXTS = (
    "The train to the coast leaves at nine.",
    "The line is closed and will be repaired.",
    "A signal.\nA signal.\nA signal.",
    "Points were set by hand with care and skill, writes ada@rail-works.org.",
    "The bridge that was built [...] eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N",
    "列车九点开车。",
    "线路是在昨天关闭的。",
    "信号灯是红色的\ufffd。",
    "道岔的位置是人工设置的。",
    "道岔的位置是人工设置的。",
)

LICENCES = ("CC-BY-4.0", "cc-by-nc-4.0", "MIT OR CC-BY-NC-4.0", None, "MIT AND CC-BY-NC-4.0", *["CC0-1.0"] * 5)
CITIES = ("Beijing", "Beijing", "beijing", "北京", "Beijing", "臺北", "台北", "台北 ", None, "Ｘ")
RECORDS = Records(licences=load_licences(), simplify=lambda text: text.replace("臺", "台"))


def make_rows() -> list[Row]:
    """Ten rows, five English and five Chinese; what is wrong with them is counted in the tests."""
    return [
        {
            "id": f"r{place}",
            "text": TEXTS[place],
            "source": "aaaaabbbcc"[place],
            "domain": None if place == 9 else "rail" if place < 6 else "power",
            "task": "qa" if place < 4 else "sum",
            "lang": "en" if place < 5 else "zh",
            "label": "yes" if place < 8 else "no",
            "channel": "purchased" if place == 2 else "public",
            "made": "soon" if place == 9 else "2026-01-01",
            "fetched": "2026-01-06" if place == 0 else "2026-01-02",
            "ready": "2026-01-08" if place == 0 else "2026-01-04",
            "chosen": None if place == 4 else f"good {place}",
            "rejected": "good 3" if place == 3 else f"bad {place}",
            "annotator": "g1" if place % 2 else "g2",
            "constant": "k",
            "code": {5: "y", 6: None, 7: "z"}.get(place, "x"),
            "size": float(place),
            "terms": LICENCES[place],
            "city": CITIES[place],
            "kind": "text" if place < 6 else "image",
            "weight": 100.0 if place < 6 else 1.0,
            "seconds": 360.0,
            "twin": "r8" if place == 9 else f"r{place}",
            "exam": "true" if place in (1, 7) else None if place == 9 else "false",
            "secret": "***" if place < 4 else "plain" if place > 7 else hashlib.md5(b"x", usedforsecurity=False).hexdigest(),
        }
        for place in range(10)
    ]


NUMBERS = ("size", "weight", "seconds")
TYPES = {name: pa.float64() if name in NUMBERS else pa.string() for name in make_rows()[0]}
WORDS: Mapping[str, Callable[[Row], Any]] = {
    "size >= 2": lambda row: None if row["size"] is None else row["size"] >= 2,
    **{
        f"CASE WHEN `{name}` IS NOT NULL THEN xxhash64(`{name}`) END": lambda row, name=name: (
            None if row[name] is None else int.from_bytes(hashlib.sha256(row[name].encode()).digest()[:8], "big", signed=True)
        )
        for name in ("text", "channel", "constant", "id")
    },
}
"""What the SQL expressions of the tests say, in Python; hashes are of another kind."""


@pytest.fixture(scope="session")
def contract() -> DatasetContract:
    return parse_dataset(CONTRACT, "shop.yaml")


def bind_here(operator: Operator, contract: DatasetContract, types: Mapping[str, Any] = TYPES) -> Bound:
    """The operator, bound to a table with these columns."""
    refuse_inapplicable(operator, contract)
    schema = from_arrow_schema(pa.schema(list(types.items())))
    return bind(operator, Asked(contract, schema, read_params(operator, contract), NOW, RECORDS))


def gather_here(bound: Bound, rows: Sequence[Row], types: Mapping[str, Any] = TYPES) -> dict[str, Any]:
    """The state of the operator over these rows."""
    columns = {name: pa.array([row[name] for row in rows], kind) for name, kind in types.items()}
    columns |= {name: pa.array([WORDS[words](row) for row in rows]) for name, words in bound.expressions.items()}
    batch = pa.RecordBatch.from_pydict(columns)
    (found,) = Gather(tuple(bound.parts.items()), (), tuple(sorted(bound.signals)), "text")(iter([batch] if rows else []))
    import json

    return json.loads(found.column("state")[0].as_py()) if rows else {"rows": 0}


def ask_here(operator: Operator, contract: DatasetContract, rows: Sequence[Row], types: Mapping[str, Any] = TYPES) -> Result:
    """What the operator says of these rows."""
    try:
        bound = bind_here(operator, contract, types)
    except UnmeasurableError as reason:
        return Result(operator.id, "not_measurable", reason=str(reason))
    except InapplicableError as reason:
        return Result(operator.id, "not_applicable", reason=str(reason))
    state = gather_here(bound, rows, types)
    return judge(operator, bound, state, contract)


ON_RECORD = {"release_records", "versions", "table_history", "run_events", "run_metrics", "ticket_log", "card", "raw_objects"}
RECORDED = [op for op in OPERATORS if op.bind is not None and ON_RECORD & set(op.inputs)]
"""Operators that read records and no row."""
OWN = {
    *("stratum_floor_attainment", "lexicon_unsafe_free_ratio", "knowledge_index_coverage", "verifiable_answer_rate"),
    *("feature_evenness", "feature_label_dependence", "offtopic_text_free_ratio"),
}
"""Operators that one reading is enough for, and that have a table and a contract of their own in ``test_own_tables``."""
OWN_GROUPED = {"split_completeness", "web_host_balance", "poisoning_free_ratio", "example_execution"}
"""Those that read the rows by queries of their own."""
OWN_TABLES = {"referential_integrity", "reference_match_rate", "row_parent_coverage"}
"""Those that look into other tables."""
COMPARED = {"public_dataset_overlap_free", "replay_match_rate", "definition_stability", "novel_ngram_ratio"}
"""Those that hold a dataset against another one; they have their tables in ``test_compared``."""
COMPUTED = [
    op
    for op in OPERATORS
    if op.bind is not None and op.passes != "P2" and op not in RECORDED and op.id not in OWN | COMPARED | OWN_GROUPED
]
"""Operators that one reading is enough for."""
GROUPED = [
    op for op in OPERATORS if op.bind is not None and op.passes == "P2" and op.id not in OWN | OWN_GROUPED | OWN_TABLES | COMPARED
]
"""Operators that take a shuffle of their own."""
__all__ = [
    "COMPARED",
    "COMPUTED",
    "CONTRACT",
    "NOW",
    "OWN",
    "OWN_TABLES",
    "RECORDED",
    "Row",
    "add_states",
    "ask_here",
    "bind_here",
    "gather_here",
    "make_rows",
]

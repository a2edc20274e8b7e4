"""Every table of the product, declared once. Its columns and rules are in ``data_contracts/<name>.odcs.yaml``."""

from __future__ import annotations

from resonance.annotate.signals import OF_ANNOTATIONS
from resonance.core.signal import SignalSet
from resonance.core.table import Family, Table
from resonance.curate.signals import QUALITY, SETS


def _table_of(declared: SignalSet) -> Table:
    return Table(declared.table, key=("doc_id", "content_hash", "batch"), replaces=("batch",), version=declared.version)


RAW = Table("raw", key=("doc_id", "batch"), replaces=("batch",), restricted=True)
FILES = Table("files", key=("batch", "path"), replaces=("batch",))
UNUSED_ROWS = Table("unused_rows", key=("batch", "path", "line"), replaces=("batch",), restricted=True)
WITHDRAWN = Table("withdrawn", key=("batch", "doc_id"), replaces=("batch",))
DOCUMENTS = Table("documents", key=("doc_id", "batch"), replaces=("batch",))
EXAMPLES = Table("examples", key=("doc_id", "batch"), replaces=("batch",))
EDITS = Table("edits", key=("doc_id", "rule", "batch"), replaces=("batch",))
PRIVACY_SPANS = Table("privacy_spans", key=("doc_id", "type", "batch"), replaces=("batch",))
ANNOTATIONS = Table("annotations", key=("doc_id", "kind", "batch"), replaces=("batch",))
RULES = Table("rules", key=("batch", "rule"), replaces=("batch",))
RULE_EFFECTS = Table("rule_effects", key=("round", "policy", "rule", "slice"), replaces=("round",))
REJECTS = Table("rejects", key=("step", "doc_id", "rule", "batch"), replaces=("step", "batch"))
DUPLICATES = Table("duplicates", key=("doc_id", "method"), replaces=("scope",))
EVALUATION_ITEMS = Table("evaluation_items", key=("set", "item_id"), replaces=("set",), restricted=True)
CONTAMINATION = Table("contamination", key=("doc_id", "set", "item_id"), replaces=("bucket",))
SIGNATURES = Table("signatures", key=("doc_id", "batch"), replaces=("batch",))
COMPARED = Table("compared", key=("batch",), replaces=("scope",))
RETRACTIONS = Table("retractions", key=("before", "doc_id", "method"))
SIGNAL_SETS = {declared.name: declared for declared in (*SETS, OF_ANNOTATIONS)}
"""Every signal set by name. ``curate`` and ``annotate`` measure them; what they are is known to all."""
SIGNALS = Family(
    "signals", tuple((name, _table_of(declared)) for name, declared in SIGNAL_SETS.items() if declared.text != "stored"), "sets"
)
"""One table for each signal set that policies may read."""
MEASURED = Family("signals", tuple(one for one in SIGNALS.members if SIGNAL_SETS[one[0]].text == "cleaned"), "sets")
"""Those of them that are measured while texts are cleaned."""
ANNOTATED = Family("signals", tuple(one for one in SIGNALS.members if SIGNAL_SETS[one[0]].text == "annotated"), "sets")
"""Those that count what annotators found."""
SIGNALS_QUALITY = _table_of(QUALITY)
SAMPLE_PLAN = Table("sample_plan", key=("round", "arm", "epoch", "pos"), replaces=("round", "arm"))
HELDOUT_ROLES = Table("heldout_roles", key=("doc_id", "batch"), replaces=("bucket",))
SIGNAL_EVENT = Table("signal_event", key=("run", "arm", "phase", "step", "epoch", "pos"))
SLICE_SUMS = Table("slice_sums", key=("run", "phase", "place", "slice"))
SIGNAL_STATE = Table("signal_state", key=("doc_id", "content_hash"), replaces=("bucket",))
SLICE_STATE = Table("slice_state", key=("round", "arm", "slice"), replaces=("round",))
EXCESS_LOSS = Table("excess_loss", key=("round", "doc_id", "content_hash"), replaces=("round",))
SLICE_EXCESS = Table("slice_excess", key=("round", "slice"), replaces=("round",))
LABEL_QUALITY = Table("label_quality", key=("round", "doc_id", "content_hash"), replaces=("round",))
APPRAISALS = Table("appraisals", key=("round", "doc_id", "content_hash"), replaces=("round",))
WORK_ITEMS = Table("work_items", key=("round", "item"), replaces=("round",))
VERDICTS = Table("verdicts", key=("round", "slice"), replaces=("round",))
REPAIRS = Table("repairs", key=("round", "doc_id", "content_hash"), replaces=("round",))
SAMPLE_WEIGHTS = Table("sample_weights", key=("round", "doc_id", "content_hash"), replaces=("round",))
PLANS = Table("plans", key=("round", "slice"), replaces=("round",))
EVALUATIONS = Table("evaluations", key=("round", "arm", "slice"), replaces=("round", "arm"))
CHECKPOINTS = Table("checkpoints", key=("run", "step"), replaces=("run", "step"))
QUALITY_STATE = Table("quality_state", key=("dataset", "part", "stratum"), replaces=("dataset",), restricted=True)
QUALITY_RESULT = Table(
    "quality_result", key=("dataset", "round", "gate", "stratum", "operator"), replaces=("dataset", "round", "gate")
)
QUALITY_METRIC = Table("quality_metric", key=("dataset", "round", "stratum", "level", "number"), replaces=("dataset", "round"))
SLICE_QUALITY = Family("slice_quality", (("quality_metric", QUALITY_METRIC),), "graded")
"""What plans may read of assessments: where a weighting reads none, no plan depends on one."""
OWN_FIELDS = Family("own_fields", (("raw", RAW),), "own_fields")
"""What verdicts may read of rows besides their texts: where no feature is told by embeddings, no verdict depends on it."""
QUALITY_REPORT = Table("quality_report", key=("dataset", "round"), replaces=("dataset", "round"))
QUALITY_GATE = Table("quality_gate", key=("dataset", "round", "gate"), replaces=("dataset", "round", "gate"))
APPROVALS = Table("approvals", key=("dataset", "gate", "assessment", "name"))
CAMPAIGNS = Table("campaigns", key=("campaign",), replaces=("campaign",))
RULE_TRIALS = Table("rule_trials", key=("campaign", "trial", "rung", "seed"), replaces=("campaign", "trial", "rung"))
RULE_VERIFICATIONS = Table("rule_verifications", key=("campaign", "look"), replaces=("campaign", "look"))
RULE_COMPARISONS = Table("rule_comparisons", key=("policy", "kind", "subject"), replaces=("policy", "kind", "subject"))
RULE_VERSIONS = Table("rule_versions", key=("policy", "version"), replaces=("policy",))
ROUNDS = Table("rounds", key=("round",), replaces=("round",))
STEPS = Table("steps", key=("run",))
WRITING = Table("writing", key=("job", "batch"), replaces=("job", "batch"))

TABLES = tuple(
    dict.fromkeys(
        table
        for declared in list(globals().values())
        for table in (declared.tables.values() if isinstance(declared, Family) else (declared,))
        if isinstance(table, Table)
    )
)

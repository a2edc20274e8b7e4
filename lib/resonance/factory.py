"""The factory on one page: every job with what it reads and writes, and the order in which the loop runs them.

Start reading here. Text flows down this list; the only way back is the table ``plans``, written by ``decide`` and read by
``rebalance`` one round later. Of losses nothing goes back besides: what ``rebalance`` reads of events is how long texts are.
"""

from __future__ import annotations

from collections.abc import Collection

from resonance.annotate.annotate import annotate
from resonance.assess.documents import assess_documents
from resonance.assess.effect import assess_effect
from resonance.attribute.attribute import attribute
from resonance.benchmark.evaluate import evaluate
from resonance.control.decide import decide_plan
from resonance.control.propose import propose_work
from resonance.control.rule_effects import measure_rules
from resonance.control.weigh_samples import weigh_samples
from resonance.core import gates
from resonance.core.job import Job, Step
from resonance.core.ledger import BEFORE_DOCUMENTS
from resonance.core.settings import Config
from resonance.core.turns import AGAIN, CANDIDATES, CONTROL, FOLD, HELDOUT, LONG, PART, PLAN, TARGET, WIDE
from resonance.curate.clean import clean
from resonance.curate.decontaminate import decontaminate
from resonance.curate.dedupe import dedupe_batches
from resonance.curate.duplicates.compare import SCOPES
from resonance.curate.examples import examples
from resonance.curate.hold_out import hold_out
from resonance.curate.ingest import ingest
from resonance.curate.judge import judge
from resonance.curate.one_pass import ingest_and_clean
from resonance.curate.rebalance import rebalance
from resonance.curate.roles import assign_roles
from resonance.curate.trials import draw_trial
from resonance.states.compare import compare
from resonance.states.feedback import feedback
from resonance.states.suspect import suspect
from resonance.tables import (
    ANNOTATED,
    ANNOTATIONS,
    APPRAISALS,
    APPROVALS,
    CHECKPOINTS,
    COMPARED,
    CONTAMINATION,
    DOCUMENTS,
    DUPLICATES,
    EDITS,
    EVALUATION_ITEMS,
    EVALUATIONS,
    EXAMPLES,
    EXCESS_LOSS,
    FILES,
    HELDOUT_ROLES,
    LABEL_QUALITY,
    MEASURED,
    OWN_FIELDS,
    PLANS,
    PRIVACY_SPANS,
    QUALITY_GATE,
    QUALITY_METRIC,
    QUALITY_REPORT,
    QUALITY_RESULT,
    QUALITY_STATE,
    RAW,
    REJECTS,
    REPAIRS,
    RETRACTIONS,
    RULE_EFFECTS,
    RULES,
    SAMPLE_PLAN,
    SAMPLE_WEIGHTS,
    SIGNAL_EVENT,
    SIGNAL_STATE,
    SIGNALS,
    SIGNALS_QUALITY,
    SIGNATURES,
    SLICE_EXCESS,
    SLICE_QUALITY,
    SLICE_STATE,
    SLICE_SUMS,
    UNUSED_ROWS,
    VERDICTS,
    WITHDRAWN,
    WORK_ITEMS,
)
from resonance.train.job import appraise, cross_fit, score_model, score_shadow, train, tune
from resonance.train.probe import probe
from resonance.train.try_rules import try_rules

BOOKS = (FILES, UNUSED_ROWS, WITHDRAWN)
"""What a run knows of files, so that the next one reads only those that changed."""

PARTS = (25, 50)
"""Percent of a round's documents that the models of its learning curve are trained on; the plan arm's is the last point."""

PRIVATE = (SIGNALS.tables["privacy"], PRIVACY_SPANS)
"""What says where the user's patterns find something in texts. Texts themselves depend on these by ``clean.mask`` alone."""

INGEST = Job(
    "ingest",
    ingest,
    reads=(),
    writes=(RAW, REJECTS, *BOOKS),
    per="batch",
    counts="ingest",
    heeds={"clean": ("patterns", "names")},  # no reason why a row was cut quotes what they find; no other step reads reasons
    concerns={"clean.patterns": (UNUSED_ROWS,), "clean.names": (UNUSED_ROWS,)},
    version=6,
)
CLEAN = Job(
    "clean",
    clean,
    reads=(RAW,),
    writes=(DOCUMENTS, MEASURED, SIGNALS_QUALITY, EDITS, PRIVACY_SPANS, REJECTS),
    per="batch",
    only_with="ingest.keep_raw",
    concerns={"clean.patterns": PRIVATE},
    version=6,
)
INGEST_AND_CLEAN = Job(  # keep_raw off: one pass over the sources, no copy of the raw text
    "ingest",
    ingest_and_clean,
    reads=(),
    writes=(RAW, DOCUMENTS, MEASURED, SIGNALS_QUALITY, EDITS, PRIVACY_SPANS, REJECTS, *BOOKS),
    per="batch",
    counts="ingest",
    concerns={"clean.patterns": (*PRIVATE, UNUSED_ROWS)},
    owns={"step": BEFORE_DOCUMENTS},
    version=9,
)
EXEMPLIFY = Job(  # what a document teaches besides its text, where the task asks for more
    "examples",
    examples,
    reads=(RAW, DOCUMENTS),
    writes=(EXAMPLES,),
    per="batch",
    only_with="a task.kind other than language",
)
JUDGE = Job(  # reads numbers alone: a changed threshold reads no text
    "judge",
    judge,
    reads=(DOCUMENTS, SIGNALS),
    writes=(REJECTS, RULES),
    per="batch",
)
DEDUPE = Job(  # a new batch meets what the job itself found and signed before: the result is that of one run over all
    "dedupe",
    dedupe_batches,
    reads=(DOCUMENTS, REJECTS, DUPLICATES, COMPARED),
    writes=(DUPLICATES, REJECTS, COMPARED),
    appends=(SIGNATURES, RETRACTIONS),
    per="corpus",
    owns={"scope": SCOPES},  # all of them, so that none of another scope stays behind
    version=6,
)
DECONTAMINATE = Job(  # the whole corpus: a set that is registered later holds for earlier batches too
    "decontaminate",
    decontaminate,
    reads=(DOCUMENTS, REJECTS, EVALUATION_ITEMS),
    writes=(CONTAMINATION, REJECTS),
    per="corpus",
    heeds={"clean": ("mask", "key_name", "names")},  # items are masked as texts are
    version=4,
)
HOLD_OUT = Job("hold_out", hold_out, reads=(DOCUMENTS, REJECTS, DUPLICATES), writes=(SAMPLE_PLAN,), per="arm")
DECIDE = Job(
    "decide",
    decide_plan,
    reads=(PLANS, SLICE_STATE, SLICE_EXCESS, EVALUATIONS, DOCUMENTS, REJECTS, SAMPLE_PLAN, SLICE_QUALITY, VERDICTS),
    writes=(PLANS,),
    per="round",
    version=4,
)
ASSESS = Job(  # reads texts of batches that are new alone
    "assess",
    assess_documents,
    reads=(
        *(DOCUMENTS, REJECTS, SIGNALS, DUPLICATES, CONTAMINATION, EVALUATION_ITEMS),
        *(QUALITY_STATE, QUALITY_RESULT, QUALITY_REPORT, QUALITY_GATE, APPROVALS),
    ),
    writes=(QUALITY_STATE, QUALITY_RESULT, QUALITY_METRIC, QUALITY_REPORT, QUALITY_GATE),
    per="round",
    heeds={"clean": ("mask", "languages"), "dedupe": ("method", "near")},
    owns={"dataset": gates.DOCUMENTS, "gate": (gates.RULES, gates.PEOPLE)},
    version=3,
)
REBALANCE = Job(
    "rebalance",
    rebalance,
    reads=(DOCUMENTS, REJECTS, SAMPLE_PLAN, PLANS, SAMPLE_WEIGHTS, SIGNAL_EVENT),
    writes=(SAMPLE_PLAN,),
    per="arm",
    behind=(gates.RULES, gates.EFFECT),
    version=5,
)
TRAIN = Job(
    "train",
    train,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS, SAMPLE_WEIGHTS),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS, CHECKPOINTS),
    per="arm",
    version=2,
)
SCORE_MODEL = Job(
    "score_model",
    score_model,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS),
    per="arm",
    version=2,
)
EVALUATE = Job("evaluate", evaluate, reads=(SIGNAL_EVENT, APPRAISALS), writes=(EVALUATIONS,), per="arm", version=3)
FEEDBACK = Job(
    "feedback",
    feedback,
    reads=(SIGNAL_EVENT, SLICE_SUMS, DOCUMENTS, EXAMPLES),
    writes=(SIGNAL_STATE, SLICE_STATE),
    per="round",
    version=2,
)
ASSESS_EFFECT = Job(
    "assess_effect",
    assess_effect,
    reads=(EVALUATIONS, SIGNAL_STATE, SIGNALS_QUALITY),
    writes=(QUALITY_RESULT, QUALITY_GATE),
    per="round",
    closes_round=True,
    owns={"dataset": gates.DOCUMENTS, "gate": gates.EFFECT},
)

APPRAISE = Job(  # the newest model reads the beginning of what the plan may draw, and of what arms are compared on
    "appraise",
    appraise,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS),
    writes=(),
    appends=(SIGNAL_EVENT,),
    per="round",
    only_with="a weighting that weighs samples, or a control arm",
    version=2,
)
SUSPECT = Job(
    "suspect",
    suspect,
    reads=(SIGNAL_EVENT, LABEL_QUALITY, SAMPLE_PLAN, DOCUMENTS),
    writes=(APPRAISALS, REPAIRS),
    per="round",
    only_with="a weighting that weighs samples, or a control arm",
    version=3,
)
WEIGH_SAMPLES = Job(
    "weigh_samples",
    weigh_samples,
    reads=(DOCUMENTS, REJECTS, SIGNALS, APPRAISALS, REPAIRS, EXCESS_LOSS, EVALUATIONS, SAMPLE_WEIGHTS, EXAMPLES),
    writes=(SAMPLE_WEIGHTS,),
    per="round",
    only_with="a weighting that weighs samples",
    version=2,
)
CROSS_FIT = Job(  # one model for each fold of the drawn documents; it sees all others, then scores this one
    "cross_fit",
    cross_fit,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS, CHECKPOINTS),
    per="arm",
    on_demand=True,
    version=2,
)
TUNE = Job(  # each fold's model once more, tuned on the slices that are named
    "tune",
    tune,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS, CHECKPOINTS),
    per="arm",
    on_demand=True,
    only_with="tune.slices",
)
COMPARE = Job(
    "compare",
    compare,
    reads=(SIGNAL_EVENT,),
    writes=(EXCESS_LOSS, SLICE_EXCESS, LABEL_QUALITY),
    per="round",
    on_demand=True,
    version=3,
)
PROBE = Job(  # the round's model once more, changed in one thing each: what of a weak slice is the data's, and what the model's
    "probe",
    probe,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS, SAMPLE_WEIGHTS),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS, CHECKPOINTS),
    per="arm",
    on_demand=True,
)
ATTRIBUTE = Job(  # why slices are weak: it needs the models of probes, and says of each test what it lacks
    "attribute",
    attribute,
    reads=(SIGNAL_EVENT, SAMPLE_PLAN, DOCUMENTS, SIGNALS, OWN_FIELDS, DUPLICATES, CONTAMINATION, EDITS, LABEL_QUALITY),
    writes=(VERDICTS,),
    per="round",
    on_demand=True,
    version=3,
)
PROPOSE = Job("propose", propose_work, reads=(VERDICTS,), writes=(WORK_ITEMS,), per="round", on_demand=True)

ANNOTATE = Job(  # needs Spark NLP, which few environments have
    "annotate",
    annotate,
    reads=(DOCUMENTS, SIGNALS.tables["basics"]),
    writes=(ANNOTATIONS, ANNOTATED),
    per="batch",
    on_demand=True,
    only_with="annotate.recipes",
    version=2,
)

ASSIGN_ROLES = Job(  # what is chosen on some held-out documents is judged on others
    "assign_roles",
    assign_roles,
    reads=(SAMPLE_PLAN, DUPLICATES),
    writes=(HELDOUT_ROLES,),
    per="arm",
    on_demand=True,
)
SCORE_SHADOW = Job(  # what no state, plan or trend reads
    "score_shadow",
    score_shadow,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, REJECTS, CHECKPOINTS),
    writes=(),
    appends=(SIGNAL_EVENT,),
    per="round",
    on_demand=True,
)
MEASURE_RULES = Job(  # reads numbers alone, of all batches
    "measure_rules",
    measure_rules,
    reads=(DOCUMENTS, SIGNALS, REJECTS, RULES, DUPLICATES, SIGNAL_EVENT),
    writes=(RULE_EFFECTS,),
    per="round",
    on_demand=True,
)

DRAW_TRIAL = Job(  # what an arm of a campaign draws; reads numbers alone
    "draw_trial",
    draw_trial,
    reads=(DOCUMENTS, SIGNALS, REJECTS, RULES, SAMPLE_PLAN, PLANS, SIGNATURES),
    writes=(SAMPLE_PLAN,),
    per="arm",
)
TRY_RULES = Job(  # the round's model, trained on by other rules, and what held-out texts of one role then cost it
    "try_rules",
    try_rules,
    reads=(SAMPLE_PLAN, DOCUMENTS, EXAMPLES, CHECKPOINTS, HELDOUT_ROLES),
    writes=(),
    appends=(SIGNAL_EVENT, SLICE_SUMS, CHECKPOINTS),
    per="arm",
)
TRYING = (DRAW_TRIAL, TRY_RULES)
"""Jobs of campaigns: `resonance rules search` and `verify` run them for one arm after the other; no run of the loop does."""

JOBS = (
    INGEST,
    CLEAN,
    EXEMPLIFY,
    JUDGE,
    DEDUPE,
    DECONTAMINATE,
    HOLD_OUT,
    DECIDE,
    ASSESS,
    APPRAISE,
    SUSPECT,
    WEIGH_SAMPLES,
    REBALANCE,
    TRAIN,
    SCORE_MODEL,
    EVALUATE,
    FEEDBACK,
    ASSESS_EFFECT,
    CROSS_FIT,
    TUNE,
    COMPARE,
    PROBE,
    ATTRIBUTE,
    PROPOSE,
    ANNOTATE,
    ASSIGN_ROLES,
    SCORE_SHADOW,
    MEASURE_RULES,
)

JUDGING = Step(JUDGE)
CLEANING = (Step(INGEST_AND_CLEAN), Step(CLEAN))
"""What may have written the documents."""
MEASURING = (*CLEANING, Step(ANNOTATE))
"""What may have written the documents and signals that ``judge`` reads."""
JUDGED = (*MEASURING, JUDGING, Step(DEDUPE), Step(DECONTAMINATE))
"""What may have written the documents, signals and rejects that ``measure_rules`` reads."""


def curation(config: Config) -> tuple[Step, ...]:
    """The data half: sources to curated documents with signals."""
    reading = (INGEST, CLEAN) if config.ingest.keep_raw else (INGEST_AND_CLEAN,)
    learning = () if config.task.kind == "language" else (EXEMPLIFY,)
    annotating = (ANNOTATE,) if ANNOTATED.tables.keys() & {*config.judge.sets, *config.decide.sets, *config.attribute.sets} else ()
    return tuple(Step(job) for job in (*reading, *learning, *annotating, JUDGE, DEDUPE, DECONTAMINATE))


def on_demand(config: Config, jobs: Collection[str]) -> tuple[Step, ...]:
    """Steps that run only where one of them is named, after the last round: of each group in which one is, all that build on it.

    Groups are reference models, verdicts with the models that they rest on, roles of held-out documents, what rules do,
    annotations. None of them waits for another, but a verdict on labels for reference models.
    """
    last, named = config.rounds, set(jobs)
    steps = [step for step in references(config, last) if named & {CROSS_FIT.name, TUNE.name, COMPARE.name}]
    if named & {PROBE.name, ATTRIBUTE.name, PROPOSE.name}:
        steps += [step for step in attribution(config, last) if step not in steps]
    groups = ((Step(ASSIGN_ROLES, 0, HELDOUT),), (Step(SCORE_SHADOW, last), Step(MEASURE_RULES, last)), (Step(ANNOTATE),))
    return (*steps, *(step for group in groups if {step.job.name for step in group} & named for step in group))


def loop(config: Config) -> tuple[Step, ...]:
    """Every step of ``config.rounds`` rounds in the order in which they run, up to the plan of the round after."""
    steps = [*curation(config), Step(HOLD_OUT, 0, HELDOUT), Step(DECIDE, 1)]
    for number in range(1, config.rounds + 1):
        steps += [Step(ASSESS, number), *screening(config, number)]
        arms = (PLAN, CONTROL) if _has_control(config, number) else (PLAN,)
        for job in (REBALANCE, TRAIN, SCORE_MODEL):
            steps += [Step(job, number, arm) for arm in arms]
        steps += [Step(EVALUATE, number, arm) for arm in reversed(arms)]
        steps += [Step(FEEDBACK, number), Step(ASSESS_EFFECT, number)]
        if _needs_references(config):
            steps += references(config, number)
        if config.decide.verdicts:
            steps += [step for step in attribution(config, number) if step not in steps]
        steps += [Step(DECIDE, number + 1)]
    return tuple(steps)


def screening(config: Config, number: int) -> tuple[Step, ...]:
    """Every step between a round's plan and its draw that looks at single documents: where no model or loss is there yet, none
    but the weighing of documents by their signals.

    Held-out documents are looked at wherever arms are to be compared on them.
    """
    weighting = config.decide.weighting
    by_signal = weighting.reads_signals
    if number == 1 and not config.train.model:
        return (Step(WEIGH_SAMPLES, number),) if by_signal else ()
    reads = weighting.weighs_samples and bool({APPRAISALS.name, REPAIRS.name} & weighting.tables)
    weighs = reads or by_signal or (weighting.weighs_samples and number > 1)
    compares = _has_control(config, number) and config.task.kind != "classification"
    found = (
        (reads, Step(REBALANCE, number, CANDIDATES)),
        (reads or compares, Step(APPRAISE, number)),
        ((weighs and not by_signal) or compares, Step(SUSPECT, number)),
        (weighs, Step(WEIGH_SAMPLES, number)),
    )
    return tuple(step for wanted, step in found if wanted)


def _has_control(config: Config, number: int) -> bool:
    """Whether a round has an arm that draws as round 1 did, beside its plan."""
    return config.control and number > 1 and not _is_its_control(config)


def _is_its_control(config: Config) -> bool:
    """Whether every round would draw what its control arm draws."""
    weighting = config.decide.weighting
    return weighting.is_fixed and not weighting.weighs_samples and not config.decide.verdicts


def _needs_references(config: Config) -> bool:
    """Whether the weighting reads what reference models make of samples."""
    read = config.decide.weighting.tables
    doubts_labels = REPAIRS.name in read and config.task.kind == "classification"
    return doubts_labels or bool({SLICE_EXCESS.name, EXCESS_LOSS.name} & read)


def shadowed(round: int) -> tuple[Step, ...]:
    """What may have written what ``score_shadow`` reads for a round."""
    return (*JUDGED, Step(HOLD_OUT, 0, HELDOUT), Step(REBALANCE, round), Step(TRAIN, round))


def trial(round: int, arm: str) -> tuple[tuple[Step, tuple[Step, ...]], ...]:
    """The steps of one arm of a campaign in their order, each with what may have written what it reads."""
    drawing, trying = Step(DRAW_TRIAL, round, arm), Step(TRY_RULES, round, arm)
    held = Step(HOLD_OUT, 0, HELDOUT)
    return (
        (drawing, (*JUDGED, held, Step(DECIDE, round))),
        (trying, (*CLEANING, Step(EXEMPLIFY), drawing, Step(TRAIN, round), Step(ASSIGN_ROLES, 0, HELDOUT))),
    )


def references(config: Config, number: int) -> tuple[Step, ...]:
    """Every step of reference models for one round, and of the losses that stand above theirs."""
    folds = range(config.cross_fit.folds)
    fitted = tuple(Step(CROSS_FIT, number, f"{FOLD}{fold}") for fold in folds)
    tuned = tuple(Step(TUNE, number, f"{TARGET}{fold}") for fold in folds if config.tune.slices)
    return (*fitted, *tuned, Step(COMPARE, number))


def attribution(config: Config, number: int) -> tuple[Step, ...]:
    """Every step that says whose fault weak slices of a round are; where labels are learnt, reference models judge them first."""
    labels = references(config, number) if config.task.kind == "classification" else ()
    more = LONG if config.train.model else WIDE
    arms = (AGAIN, more, *(f"{PART}{percent}" for percent in PARTS))
    return (*labels, *(Step(PROBE, number, arm) for arm in arms), Step(ATTRIBUTE, number), Step(PROPOSE, number))

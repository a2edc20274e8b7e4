"""What commands print: the plan and its reasons, the story of a document or sample, the tables of the workspace."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from rich.markup import escape
from rich.table import Table

from resonance.core.errors import ResonanceError
from resonance.core.frames import write_hex
from resonance.core.printable import escape_hidden
from resonance.core.turns import CANDIDATES, HELDOUT, RULE
from resonance.core.versions import SUPERSEDED
from resonance.report.comparison import describe_worth
from resonance.report.facts.looks import count_looks
from resonance.tables import SIGNAL_SETS

Frames = Mapping[str, DataFrame]
OF_ALL = ("retractions", "sample_plan")
"""Tables whose column ``batch`` does not say which version of a document a row is about, or does so since lately."""


def list_weights(frames: Frames, number: int | None) -> Table:
    """The weights of one round (the newest by default), each with its reason."""
    plans = frames["plans"]
    rounds = sorted(row["round"] for row in plans.select("round").distinct().collect())
    if not rounds:
        raise ResonanceError("table plans is empty: run `resonance run` up to decide first")
    chosen = rounds[-1] if number is None else number
    if chosen not in rounds:
        raise ResonanceError(f"no plan for round {chosen}: there are plans for rounds {rounds}")
    rows = plans.where(F.col("round") == chosen).orderBy(F.desc("weight"), "slice").collect()
    table = Table(title=f"Plan of round {chosen}, weighting {rows[0]['policy']}: shares of the token budget", title_justify="left")
    for name, justify in (
        ("slice", "left"),
        ("before", "right"),
        ("now", "right"),
        ("×", "right"),
        ("bits/byte", "right"),
        ("why", "left"),
    ):
        table.add_column(name, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for row in rows:
        change = f"{row['weight'] / row['previous']:.2f}" if row["previous"] else "new"
        bpb = "" if row["bpb"] is None else f"{row['bpb']:.3f}"
        table.add_row(
            escape(escape_hidden(row["slice"])),
            f"{row['previous']:.2%}",
            f"{row['weight']:.2%}",
            change,
            bpb,
            escape(escape_hidden(row["reason"])),
        )
    return table


def describe_value(frames: Frames, number: int | None) -> list[str]:
    """Whether the last round was worth it, and what the weighting of a plan (the newest by default) reads and costs."""
    plans = frames["plans"].orderBy("round", "slice").collect()
    looks = count_looks(frames["sample_weights"], frames["signal_event"], frames["sample_plan"])
    worth = describe_worth(frames["evaluations"].collect(), frames["checkpoints"].collect(), plans, looks)
    chosen = [row for row in plans if row["round"] == number or number is None]
    costs = [f"Weighting {row['policy']} {row['cost']}." for row in chosen[-1:] if row["cost"]]
    return [line for line in (worth, *costs) if line]


def describe_document(frames: Frames, asked: str) -> list[str]:
    """What became of one document, line by line; ``asked`` is its doc_id in hex or its source key."""
    raw = _find_raw(frames, asked)
    if isinstance(raw, list):
        return raw
    lines = [
        f"document {raw['doc_id'].hex()}",
        f"read      {raw['source']}: {raw['source_key']} (batch {raw['batch']}, slice {raw['slice']})",
    ]
    mine = _select_rows(frames, raw)
    lines += [f"earlier   version of batch {row['batch']}: {SUPERSEDED} {row['detail']}" for row in _find_earlier(frames, raw)]
    for row in mine["documents"].drop("text").collect():
        lines.append(
            f"cleaned   {row['n_chars']:,} characters, {row['n_bytes']:,} bytes, "
            f"text {row['content_hash'].hex()} ({row['version']})"
        )
    for name, declared in SIGNAL_SETS.items():
        lines += [_describe_signals(name, row) for row in mine[declared.table].collect()]
    for row in mine["duplicates"].orderBy("method").collect():
        role = "kept as the longest" if row["keeper"] == row["doc_id"] else f"keeper is {row['keeper'].hex()}"
        alike = "" if row["keeper"] == row["doc_id"] else _describe_similarity(row)
        lines.append(f"cluster   {row['method']}: {row['size']:,} documents, {role}{alike}")
    lines += [_describe_item(row) for row in mine["contamination"].orderBy("set", "item_id").collect()]
    lines += [_describe_edit(row) for row in mine["edits"].orderBy("rule").collect()]
    lines += [_describe_cut(row) for row in mine["rejects"].orderBy("step", "rank").collect()]
    lines += [_describe_draw(row) for row in mine["sample_plan"].orderBy("round", "arm", "copy").collect()]
    lines += [_describe_loss(row) for row in mine["signal_event"].orderBy("round", "arm", F.col("phase").desc(), "pos").collect()]
    return [escape_hidden(line) for line in (*lines, *_describe_excess(mine), *_describe_labels(mine), *_describe_suspicion(mine))]


def describe_sample(frames: Frames, asked: str, number: int | None) -> list[str]:
    """What is known of one sample and why a round (the newest plan by default) draws it as it does, line by line."""
    raw = _find_raw(frames, asked)
    if isinstance(raw, list):
        return raw
    mine = _select_rows(frames, raw)
    lines = [
        f"sample    {raw['doc_id'].hex()} of slice {raw['slice']}",
        *(_describe_cut(row) for row in mine["rejects"].orderBy("rank").collect()),
    ]
    states = [_describe_state(row) for row in mine["signal_state"].orderBy("last_round").collect()]
    lines += states or ["state     no model has seen it yet"]
    lines += [*_describe_excess(mine), *_describe_labels(mine), *_describe_suspicion(mine)]
    here = F.col("slice") == raw["slice"]
    plans = frames["plans"].where(here if number is None else here & (F.col("round") == number))
    for row in plans.orderBy(F.desc("round")).limit(1).collect():
        lines.append(f"plan      round {row['round']}: {row['weight']:.2%} of the budget go to its slice: {row['reason']}")
    draws = mine["sample_plan"].orderBy("round", "arm", "copy").collect()
    drawn = [f"{_describe_draw(row)}, loss weight {row['weight']:g}" for row in draws]
    return [escape_hidden(line) for line in (*lines, *(drawn or ["drawn     never yet"]))]


def describe_withdrawal(row: Row) -> str:
    """Where a document was that a batch holds no more, and why."""
    why = {"file_deleted": "its file was deleted", "row_gone": "its file changed, and holds it no more"}[row["reason"]]
    place = row["path"] if row["line"] is None else f"{row['path']}:{row['line']}"
    return f"withdrawn {row['source']}: {row['source_key']} (batch {row['batch']}), read from {place}: {why}"


def _find_raw(frames: Frames, asked: str) -> Row | list[str]:
    """The row of ``raw`` that is asked for; or the lines on a document that was cut before it got there.

    Raises:
        ResonanceError: unless there is exactly one.
    """
    is_id = len(asked) == 32 and all(c in "0123456789abcdef" for c in asked.lower())
    by_key = (F.col("source_key") == asked) | (F.col("source_key") == F.concat("batch", F.lit(f"/{asked}")))
    wanted = write_hex("doc_id") == asked.lower() if is_id else by_key
    rows = frames["raw"].where(wanted).drop("text", "metadata").collect()
    if not rows and (gone := frames["withdrawn"].where(wanted).orderBy("batch").collect()):
        return [escape_hidden(line) for line in (f"document {gone[0]['doc_id'].hex()}", *map(describe_withdrawal, gone))]
    if not rows and is_id:
        rejected = frames["rejects"].where(wanted).collect()
        if rejected:
            return [escape_hidden(line) for line in (f"document {asked.lower()}", *map(_describe_cut, rejected))]
    if not rows:
        raise ResonanceError(f"no document {asked!r}: give a doc_id (32 hex digits, as in the export) or a source key")
    if len({bytes(row["doc_id"]) for row in rows}) > 1:
        choices = ", ".join(f"{row['doc_id'].hex()} ({row['source']})" for row in rows[:5])
        raise ResonanceError(f"{len(rows)} documents have the source key {asked!r}: give a doc_id, one of {choices}")
    before = {row["batch"] for row in _find_earlier(frames, rows[0])}
    return next((row for row in rows if row["batch"] not in before), rows[0])


def _find_earlier(frames: Frames, raw: Row) -> list[Row]:
    """Rejects of the versions that a later delivery of the same document replaced."""
    return _select_own(frames["rejects"], raw).where(F.col("rule") == SUPERSEDED).orderBy("batch").collect()


def _select_own(rows: DataFrame, raw: Row) -> DataFrame:
    """The rows that are about this document."""
    return rows.where(F.hex("doc_id") == F.lit(raw["doc_id"].hex().upper()))


def _select_rows(frames: Frames, raw: Row) -> Frames:
    """The rows of every table that are about this version of the document, or about all of its versions.

    Arms that try rules are left out: a campaign has dozens of them.
    """
    of_version = F.col("batch") == raw["batch"]
    found = {
        name: _select_own(frame, raw).where(of_version)
        if "batch" in frame.columns and name not in OF_ALL
        else _select_own(frame, raw)
        for name, frame in frames.items()
        if "doc_id" in frame.columns
    }
    trying = F.col("arm").startswith(RULE)
    return found | {name: found[name].where(~trying) for name in ("sample_plan", "signal_event")}


def list_tables(versions: Mapping[str, int | None], counts: Mapping[str, int], digests: Mapping[str, str] | None = None) -> Table:
    """Name, version and rows of every table, and a hash of its content where one is given."""
    table = Table()
    for name in ("table", "version", "rows", *(("hash",) if digests else ())):
        table.add_column(name, justify="left" if name == "table" else "right")
    for name, version in versions.items():
        cells = ("–", "not written yet") if version is None else (str(version), f"{counts[name]:,}")
        table.add_row(name, *cells, *((digests[name],) if digests else ()))
    return table


def _describe_signals(name: str, row: Row) -> str:
    known = [(signal, row[signal]) for signal in SIGNAL_SETS[name].names if row[signal] is not None]
    shown = ", ".join(f"{signal} {value:.3g}" if isinstance(value, float) else f"{signal} {value}" for signal, value in known)
    return f"signals   {name}@{row['version']}: {shown}"


def _describe_item(row: Row) -> str:
    found = {"ngram": "{:,.0f} equal runs of words", "exact": "found in it {:,.0f} times", "fuzzy": "{:.3f} of its 5-grams"}
    return f"contains  item {row['set']}/{row['item_id']} ({row['method']}: {found[row['method']].format(row['value'])})"


def _describe_edit(row: Row) -> str:
    return f"rewritten by {row['rule']}: {len(row['starts']):,} pieces of {row['characters']:,} characters cut, {row['version']}"


def _describe_similarity(row: Row) -> str:
    if row["similarity"] is not None:
        return f", {row['similarity']:.3f} of its shingles alike"
    return ", its text is equal" if row["method"] == "exact" else ", connected by shared MinHash bands"


def _describe_cut(row: Row) -> str:
    measured = "" if row["value"] is None else f", measured {row['value']:.4g}"
    asked = "" if row["threshold"] is None else f", threshold {row['threshold']:.4g}"
    detail = f" ({row['detail']})" if row["detail"] else ""
    by = f"by {row['step']}" if row["rank"] == 1 else f"also by {row['step']}"
    return f"cut       {by}: {row['rule']}{measured}{asked}{detail}, {row['version']}"


def _describe_draw(row: Row) -> str:
    if row["arm"] == HELDOUT:
        return f"held out  never drawn; place {row['pos']:,} of the held-out documents"
    if row["arm"] == CANDIDATES:
        return f"candidate round {row['round']}: a model reads its beginning before the draw"
    return f"drawn     round {row['round']} {row['arm']}: place {row['pos']:,}, copy {row['copy']}, expected copies {row['pi']:.3f}"


def _describe_loss(row: Row) -> str:
    if row["loss_sum"] is None:
        seen = f"no finite loss, so its step did not move the model, step {row['step']}"
    elif row["p_label"] is not None:
        seen = f"label {row['label']} with p {row['p_label']:.3f}, {row['prediction']} likeliest, step {row['step']}"
    else:
        bits = row["loss_sum"] / math.log(2) / row["n_bytes"]
        cut = f", {row['n_cut']:,} more cut off" if row["n_cut"] else ""
        seen = f"{bits:.3f} bits per byte over {row['n_tok']:,} tokens{cut}, step {row['step']}"
    return f"loss      round {row['round']} {row['arm']} {row['phase']}: {seen}"


def _describe_excess(mine: Frames) -> list[str]:
    return [
        f"excess    round {row['round']}: {row['difference']:+.3f} bits per byte against {row['reference_bpb']:.3f} of a model "
        f"that never saw it ({row['fold']}); {row['excess']:+.3f} within the bounds of its slice"
        + ("" if row["target_gain"] is None else f"; tuned on the target slices, that model takes {row['target_gain']:+.3f} off")
        for row in mine["excess_loss"].orderBy("round").collect()
    ]


def _describe_labels(mine: Frames) -> list[str]:
    return [
        f"label     round {row['round']}: {row['label']} with p {row['p_label']:.3f}, {row['suggested']} with "
        f"p {row['p_suggested']:.3f} by a model that never saw it ({row['fold']}); {'' if row['issue'] else 'not '}suspected"
        + ("" if row["el2n"] is None else f"; early error {row['el2n']:.3f}, the mean over {row['n_models']} models")
        for row in mine["label_quality"].orderBy("round").collect()
    ]


def _describe_suspicion(mine: Frames) -> list[str]:
    """What the model made of the document before each draw, and how much less of it the draw took."""
    read = [
        f"read      before round {row['round']}: {row['bpb']:.3f} bits per byte, {row['reordered_bpb']:.3f} with its words "
        f"reordered; chance that they stand in no order {row['posterior']:.0%}"
        for row in mine["appraisals"].orderBy("round").collect()
    ]
    drawn = [
        f"weighed   round {row['round']}: drawn at {row['factor']:.0%} of the rate of its slice: {row['reason']}"
        + (f"; taught as {row['taught']}" if row["taught"] is not None else "")
        for row in mine["sample_weights"].orderBy("round").collect()
    ]
    return read + drawn


def _describe_state(row: Row) -> str:
    scores = f"scored {row['n_scores']} times"
    if row["first_bpb"] is not None:
        scores += f", {row['first_bpb']:.3f} bits per byte first, {row['last_bpb']:.3f} last"
    seen = f"trained on {row['n_draws']} times, {scores}, rounds {row['first_round']} to {row['last_round']}"
    if row["confidence"] is not None:
        seen += f"; label right {row['n_correct']} of {row['n_labelled']} times, forgotten {row['n_forgotten']} times, confidence "
        seen += f"{row['confidence']:.3f}, variability {row['variability']:.3f}, margin {row['aum']:+.2f}"
    old = "" if row["current"] else " (changed since)"
    return f"state     text {row['content_hash'].hex()}{old}: {seen}"

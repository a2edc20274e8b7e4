"""Which samples are suspected, by what evidence, and how much less of them was drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from resonance.report.draw.bars import Bar, draw_bars
from resonance.report.facts.texts import read_starts
from resonance.report.language import say
from resonance.report.parts import Block, Chart, Grid
from resonance.report.section import Section
from resonance.report.turns import name_others, split_largest
from resonance.report.wording import amount, bits, count, excerpt, join_sentences, name, share
from resonance.tables import APPRAISALS, DOCUMENTS, REPAIRS, SAMPLE_WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import DataFrame
    from pyspark.sql import Row as Found

    from resonance.core.settings import ReportSettings
    from resonance.report.facts.shared import Facts

LISTED = 20


@dataclass(frozen=True)
class Suspects:
    """What is shown of suspected samples of the newest round that looked for them.

    Args:
        round: that round; None where none did.
        read: candidates that a model read, by slice.
        suspected: suspected samples, by fault and slice.
        factor: mean part of its slice's rate at which a suspected sample was drawn; None where all were drawn alike.
        worst: rows of the surest ones.
        texts: the starts of theirs, by document.
        mended: suspected samples that are drawn as others are, and taught with the suggested label.
    """

    round: int | None = None
    read: tuple[tuple[str, int], ...] = ()
    suspected: tuple[tuple[str, str, int], ...] = ()
    factor: float | None = None
    worst: tuple[Found, ...] = ()
    texts: tuple[tuple[bytes, str], ...] = ()
    mended: int = 0


def gather_suspects(frames: Mapping[str, DataFrame], shared: Facts) -> Suspects:
    """Counts by slice and the ``LISTED`` surest suspects; where texts are shown, one scan of documents for the starts of these."""
    if not shared.rows["appraisals"] and not shared.rows["repairs"]:
        return Suspects()
    rounds = [frames[table].agg(F.max("round")).collect()[0][0] for table in ("appraisals", "repairs")]
    newest = max(found for found in rounds if found is not None)
    read, repairs, weights = (
        frames[table].where(F.col("round") == newest) for table in ("appraisals", "repairs", "sample_weights")
    )
    worst = repairs.orderBy(F.desc("posterior"), "doc_id").limit(LISTED).collect()
    texts = read_starts(frames["documents"], {bytes(row["doc_id"]) for row in worst}, shared)
    drawn = repairs.join(weights.select("doc_id", "factor", "taught"), "doc_id")
    mended = F.count_if(F.col("taught").isNotNull())
    taken = drawn.agg(F.avg(F.when(F.col("taught").isNull(), F.col("factor"))).alias("factor"), mended.alias("mended")).collect()[0]
    return Suspects(
        newest,
        tuple((row["slice"], row["count"]) for row in read.groupBy("slice").count().orderBy("slice").collect()),
        tuple(
            (row["fault"], row["slice"], row["count"])
            for row in repairs.groupBy("fault", "slice").count().orderBy("fault", "slice").collect()
        ),
        taken["factor"],
        tuple(worst),
        tuple(sorted(texts.items())),
        taken["mended"],
    )


def draw_suspects(found: Suspects, settings: ReportSettings) -> Block | None:
    """Shares by slice and the surest suspects; None where no round looked for any."""
    if found.round is None:
        return None
    read, suspected = sum(rows for _, rows in found.read), sum(rows for *_, rows in found.suspected)
    looked = say(
        "{samples} is suspected; table repairs lists them."
        if suspected == 1
        else "{samples} are suspected; table repairs lists them.",
        samples=amount(suspected, "sample"),
    )
    if read:
        candidates = amount(read, "candidate")
        before = say(
            "A model read the beginning of {candidates} before the draw of round {number}.",
            candidates=candidates,
            number=found.round,
        )
        looked = join_sentences((before, looked))
    text = [looked]
    if found.mended:
        text.append(
            say(
                "{samples} with a doubted label is drawn as others, and taught the suggested one."
                if found.mended == 1
                else "{samples} with a doubted label are drawn as others, and taught the suggested one.",
                samples=amount(found.mended, "sample"),
            )
        )
    if found.factor is not None:
        text.append(
            say(
                "The others were drawn at {share} of the rate of their slice: less, but not never."
                if found.mended
                else "They were drawn at {share} of the rate of their slice: less, but not never.",
                share=share(found.factor),
            )
        )
    charts = (_draw_shares(found, settings.top_slices),) if read else ()
    return Block(say("Suspected samples"), tuple(text), charts, (_list_worst(found),) if found.worst else ())


def _draw_shares(found: Suspects, most: int) -> Chart:
    """One bar a slice: which part of its candidates stands in no order."""
    top, rest = split_largest(dict(found.read), most)
    faulty = {label: rows for fault, label, rows in found.suspected if fault == "order"}
    sizes = dict(found.read)
    bars = [
        Bar(label, faulty.get(label, 0) / sizes[label], share(faulty.get(label, 0), sizes[label]), role="orange") for label in top
    ]
    picture = draw_bars(bars, say("Share of candidates whose words stand in no order, by slice"))
    note = (
        say("What reordering the words adds to the loss of a text tells: nothing where they stood in no order."),
        say("{others} not shown.", others=name_others(rest)) if rest else "",
    )
    return Chart(say("By slice"), picture, join_sentences(note))


def _list_worst(found: Suspects) -> Grid:
    texts = dict(found.texts)
    rows = tuple(
        (
            bytes(row["doc_id"]).hex()[:8],
            name(row["slice"]),
            _describe_fault(row),
            share(row["posterior"]),
            "" if row["bpb"] is None else bits(row["bpb"]),
            excerpt(texts.get(bytes(row["doc_id"]))),
        )
        for row in found.worst
    )
    columns = (say("document"), say("slice"), say("suspicion"), say("chance"), say("bits per byte"), say("text"))
    note = say(
        "The surest {number} first. A suspicion is no proof: look before you mend. `resonance why` tells all about one.",
        number=count(len(rows)),
    )
    numbers, prose = frozenset(columns[3:5]), frozenset(columns[5:])
    return Grid(say("Surest suspects"), columns, rows, numbers, cards=True, note=note, prose=prose)


def _describe_fault(row: Found) -> str:
    if row["fault"] == "order":
        return say("no order of words")
    return say("{label}, rather {suggested}", label=name(row["label"]), suggested=name(row["suggested"]))


SECTION = Section("suspects", gather_suspects, draw_suspects, reads=(APPRAISALS, REPAIRS, SAMPLE_WEIGHTS, DOCUMENTS))

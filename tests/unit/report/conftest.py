"""Facts of a loop with as many slices as asked for, made by hand: sections are tested without Spark."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import Row

from resonance.report.copies import Crossed, Pair
from resonance.report.distributions import Distribution, Threshold
from resonance.report.examples import Borderline, Examples, Rewritten
from resonance.report.facts import Apart, Clusters, Cut, Facts, Losses, Registered, SliceCount
from resonance.report.judged import Edited, Failed, Judged
from resonance.report.labels import Labels, Mapped, Suspect

START = datetime(2030, 1, 1, tzinfo=UTC)
TURNS = ((1, "plan"), (2, "plan"), (2, "control"))


def _evaluation(turn: tuple[int, str], slice_: str, delta: tuple[float, float, float] | None) -> Row:
    middle, low, high = delta or (None, None, None)
    return Row(
        round=turn[0], arm=turn[1], slice=slice_, n_docs=10, n_bytes=1000, n_tok=300, bpb=2.0, low=1.9, high=2.1,
        versus="control" if delta else None, delta=middle, delta_low=low, delta_high=high, replicates=200,
    )  # fmt: skip


def _plan(number: int, slice_: str, share: float, moved: float) -> Row:
    return Row(
        round=number, slice=slice_, weight=share + moved, prior=share, previous=share, proposed=share + moved, limit_share=1.0,
        bpb=2.5 if number > 1 else None, mean_bpb=2.0 if number > 1 else None, reason=f"told for {slice_}", policy="above_mean@1",
    )  # fmt: skip


def _step(job: str, number: int, arm: str, came: int, cut: dict[str, int], written: dict[str, int], **read: int) -> Row:
    gone = sum(cut.values())
    return Row(
        run=f"{job}{number}{arm}", job=job, batch="main", round=number, arm=arm, rows_in=came, rows_out=came - gone, rows_cut=gone,
        cut_by_rule=cut, written=written, read=read, seconds=12.5, finished_at=START + timedelta(minutes=number),
    )  # fmt: skip


def _rule(position: int, rule: str, signal: str, side: str, threshold: float | None, of: str = "datatrove") -> Row:
    return Row(
        batch="main", position=position, rule=rule, policy="mine@7", set=of, signal=signal, side=side, threshold=threshold,
        among=None if threshold is not None else "en, de",
    )  # fmt: skip


def _checkpoint(turn: tuple[int, str]) -> Row:
    return Row(
        run="x",
        step=5,
        round=turn[0],
        arm=turn[1],
        uri="u",
        final=True,
        tokens=5,
        parameters=461_280,
        tokenizer="t",
        published_at=START,
    )  # noqa: E501


@pytest.fixture
def made() -> Callable[..., Facts]:
    def make(
        names: tuple[str, ...] = ("one", "two"), delta: tuple[float, float, float] = (-0.02, -0.03, -0.01), **other: Any
    ) -> Facts:  # noqa: E501
        size = len(names)
        draws = [(0, "heldout"), *TURNS]
        moved = [0.1 / size if index % 2 else -0.1 / size for index in range(size)]
        facts: dict[str, Any] = {
            "rows": {"raw": 20 * size, "documents": 19 * size, "plans": 3 * size},
            "slices": tuple(
                SliceCount(part, number, arm, name, documents, rows, 1_000 * documents)
                for name in names
                for part, number, arm, documents, rows in [
                    ("read", 0, "", 20, 20), ("kept", 0, "", 15, 15), *(("draw", n, arm, 5, 6) for n, arm in draws)
                ]  # fmt: skip
            ),
            "cuts": (Cut("judge", "gopher_short_doc", names[0], size), Cut("dedupe", "exact_duplicate", names[0], 4 * size)),
            "rules": (_rule(1, "gopher_short_doc", "n_words", "below", 50.0), _rule(2, "silent", "hash_ratio", "above", 0.1), _rule(3, "tongue", "language", "in", None, "basics")),  # noqa: E501
            "judged": (Judged("source", names[0], 20, 5), Judged("source", "rest", 20 * size - 20, 0), Judged("language", "en", 20 * size, 5)),  # noqa: E501
            "failed": (Failed("source", names[0], "gopher_short_doc", 5, 4), Failed("source", names[0], "tongue", 3, 1), Failed("language", "en", "gopher_short_doc", 5, 5)),  # noqa: E501
            "edited": (Edited("javascript", 7, 800, 3),),
            "examples": Examples(
                (Borderline("gopher_short_doc", True, 50.0, 50.0, "aa" * 16, names[0], "just enough " * 40), Borderline("gopher_short_doc", False, 49.0, 50.0, "bb" * 16, names[0], None)),  # noqa: E501
                (Rewritten("javascript", "cc" * 16, f"a [{names[0]}] b", "a [7 characters] b"), Rewritten("javascript", "dd" * 16, None, "a [7 characters] b")),  # noqa: E501
                (
                    Pair("exact", 7, None, "aa" * 16, "bb" * 16, names[0], names[0], "as it is", "as it is"),
                    Pair("near", 2, 0.75, "cc" * 16, "dd" * 16, names[0], names[0], "a <b>red</b> fox", "a green fox"),
                    Pair("near", 2, None, "cc" * 16, "dd" * 16, names[0], names[0], None, None),
                ),
            ),
            "clusters": (Clusters("exact", 2, size, 2 * size, "exact@1"), Clusters("exact", 7, 1, 7, "exact@1"), Clusters("near", 2, 1, 2, "minhash-14x8-5@resonance-2")),  # noqa: E501
            "crossed": (
                Crossed(None, None, None, 4 * size, 4_000),
                Crossed("exact_duplicate", None, None, 4 * size, 4_000),
                Crossed("exact_duplicate", names[0], None, 4 * size, 4_000),
                *(Crossed("exact_duplicate", names[0], name, 4, 4_000) for name in names),
            ),
            "registered": (Registered("quiz", 40, 3, size, {"ngram": size, "fuzzy": 1}), Registered("<other>", 5, 0, 0, {})),
            "distributions": (
                Distribution("datatrove", "n_words", "Words.", 20, 0.0, 80.0, 240.0, counts=(5, 10, 5), thresholds=(Threshold("gopher_short_doc", "datatrove", "n_words", 50.0, True),)),  # noqa: E501
                Distribution("basics", "language", "Language.", 20, names=(("en", 15), ("de", 5))),
            ),
            "labels": Labels(
                *(size, (Mapped("ab" * 16, 0.5, 0.1, 1, 2, "a"),)),
                *(2, 40, 1, (Suspect("ab" * 16, names[0], "x", "y", 0.1, 0.8, "a"),)),
            ),
            "losses": tuple(
                Losses(number, arm, "train", stretch, 3 * size, 2_000.0 * size, 300 * size, 1_000 * size) for number, arm in TURNS for stretch in (0, 1)  # noqa: E501
            ),
            "apart": Apart(),
            "plans": tuple(
                _plan(number, name, 1 / size, move if number > 1 else 0.0) for number in (1, 2, 3) for name, move in zip(names, moved, strict=True)  # noqa: E501
            ),
            "excess": tuple(
                Row(round=2, slice=name, n_docs=5, n_bytes=5_000, bpb=2.5, reference_bpb=2.4, excess=0.2 - 0.1 * at, target_gain=0.05)  # noqa: E501
                for at, name in enumerate(names)
            ),
            "evaluations": tuple(
                _evaluation(turn, name, delta if turn == (2, "plan") else None) for turn in TURNS for name in ("*", *names)
            ),
            "steps": (
                _step("ingest", 0, "plan", 20 * size, {}, {"raw": 0, "rejects": 0}),
                _step("clean", 0, "plan", 20 * size, {}, {"documents": 0, "rejects": 1}),
                _step("judge", 0, "plan", 20 * size, {"gopher_short_doc": size}, {"rejects": 2, "rules": 0}),
                _step("dedupe", 0, "plan", 19 * size, {"exact_duplicate": 4 * size}, {"rejects": 2}),
                _step("decontaminate", 0, "plan", 15 * size, {}, {"contamination": 0, "rejects": 3}, evaluation_items=1),
                *(_step("train", number, arm, 0, {}, {"signal_event": number}) for number, arm in TURNS),
            ),
            "rounds": tuple(
                Row(round=n, seed=42, config_hash="c" * 16, versions={"raw": 7}, counts={}, runs={}, plan_hash=f"{n:016x}", seconds=90.0, finished_at=START)  # noqa: E501
                for n in (1, 2)
            ),
            "checkpoints": tuple(_checkpoint(turn) for turn in TURNS),
        }  # fmt: skip
        return Facts(**{**facts, **other})

    return make

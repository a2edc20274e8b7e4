"""One pass: texts are cleaned, measured by the sets asked for, hashed; empty ones are cut, no others."""

import hashlib
import math
import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from resonance.core.job import Turn
from resonance.core.languages import Languages
from resonance.core.pseudonyms import KEY
from resonance.core.settings import CleanSettings, ScoreSettings
from resonance.curate import prepare as pass_
from resonance.curate.clean import clean
from resonance.curate.kernels.text.tidy import clean_text
from resonance.curate.prepare import Prepare
from resonance.curate.signals import QUALITY as SCORE
from resonance.curate.signals.privacy import Masking
from resonance.runtime.policies import load_policy
from resonance.runtime.resources import contract
from resonance.tables import DOCUMENTS, EDITS, MEASURED, PRIVACY_SPANS, REJECTS, SIGNAL_SETS, SIGNALS, SIGNALS_QUALITY

Checkpoint = Callable[[DataFrame, str], DataFrame]
PROSE = "The house that we have seen stands with its back to the wood and the people of the town like to be there. "
TEXTS: dict[str, str | None] = {
    "good": PROSE * 3 + "\r\n\r\n\r\n\r\nEnd. \t",
    "copy": PROSE * 3 + "\n\nEnd.",
    "word": "word",
    "symbols": "# " * 60,
    "dots": "\n".join([PROSE + "..."] * 3),
    "foreign": "Das Haus, das wir gesehen haben, steht mit dem Rücken zum Wald, und die Leute der Stadt sind gerne dort.",
    "empty": "",
    "blank": " \r\n\x00\t ",
    "null": None,
    "accent": "Cafe\u0301 " + PROSE * 3,
}
VOID = {"empty", "blank", "null"}
SETS = ("basics", "datatrove")
QUALITY = ScoreSettings(head_words=12)


def raw_of(spark: SparkSession, texts: dict[str, str | None]) -> DataFrame:
    hashes = {name: hashlib.sha256((text or "").encode()).digest()[:16] for name, text in texts.items()}
    rows = [
        (hashlib.sha256(name.encode()).digest()[:16], "s", name, f"slice/{name}", text, hashes[name])
        for name, text in texts.items()
    ]
    columns = "doc_id binary, source string, source_key string, slice string, text string, text_hash binary"
    return spark.createDataFrame(rows, columns)


def run(
    spark: SparkSession, checkpoint: Checkpoint, texts: dict[str, str | None], **settings: object
) -> list[dict[str, list[dict[str, Any]]]]:
    """Documents, signals of all sets, edits, rejects and spans by name of their text; signals tell their set."""
    names = {hashlib.sha256(name.encode()).digest()[:16]: name for name in texts}
    documents, signals, quality, edits, spans, rejects = clean(
        raw_of(spark, texts),
        settings=CleanSettings.model_validate(settings),
        quality=QUALITY,
        turn=Turn("b"),
        checkpoint=checkpoint,
    )
    found = []
    by_set = {SIGNALS.tables[name]: rows for name, rows in signals.items()} | {SIGNALS_QUALITY: quality}
    for frames in ({DOCUMENTS: documents}, by_set, {EDITS: edits}, {REJECTS: rejects}, {PRIVACY_SPANS: spans}):
        rows: dict[str, list[dict[str, Any]]] = {}
        for table, frame in frames.items():
            for row in contract(table).conform(frame).collect():
                rows.setdefault(names[bytes(row["doc_id"])], []).append(
                    {**row.asDict(), "set": table.name.removeprefix("signals_")}
                )
        found.append(rows)
    return found


def test_every_text_that_is_not_empty_is_a_document(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents, signals, edits, rejects, spans = run(spark, checkpoint, TEXTS, sets=SETS)
    assert {name: [(row["rule"], row["rank"]) for row in rows] for name, rows in rejects.items()} == {
        name: [("empty", 1)] for name in VOID
    }
    assert set(documents) == set(signals) == set(TEXTS) - VOID
    assert edits == spans == {}
    assert documents["good"][0]["content_hash"] == documents["copy"][0]["content_hash"]
    for name, (row,) in documents.items():
        text = clean_text(TEXTS[name] or "")
        assert row["text"] == text
        assert bytes(row["content_hash"]) == bytes(row["cleaned_hash"]) == hashlib.sha256(text.encode()).digest()[:16]
        assert (row["n_chars"], row["n_bytes"], row["batch"], row["version"]) == (len(text), len(text.encode()), "b", "clean@2")


def test_signals_are_those_of_the_definitions_for_the_sets_asked(spark: SparkSession, checkpoint: Checkpoint) -> None:
    documents, signals, *_ = run(spark, checkpoint, TEXTS, sets=SETS)
    for name, rows in signals.items():
        assert sorted((row["set"], row["version"]) for row in rows) == [("basics", 4), ("datatrove", 1), ("quality", 1)]
        for row in rows:
            if row["set"] == "quality":
                assert [row[signal] for signal in SCORE.names] == list(SCORE.plainly(documents[name][0]["text"], 12))
                continue
            assert bytes(row["content_hash"]) == bytes(documents[name][0]["cleaned_hash"])
            declared = SIGNAL_SETS[row["set"]]
            plain = declared.plainly(documents[name][0]["text"])
            assert [row[signal] for signal in declared.names] == [close(value) for value in plain]
    _, alone, *_ = run(spark, checkpoint, {"good": TEXTS["good"]})
    assert sorted(row["set"] for row in alone["good"]) == ["basics", "quality"]
    there, none, *_ = run(spark, checkpoint, {"good": TEXTS["good"]}, sets=())
    assert [row["set"] for row in none["good"]] == ["quality"]
    assert set(there) == {"good"}


def test_a_set_of_some_languages_is_measured_of_their_texts_alone(spark: SparkSession, checkpoint: Checkpoint) -> None:
    """A row for each text that was measured; what it says is what it would say if all were."""
    texts = {name: TEXTS[name] for name in ("good", "word", "foreign", "accent", "empty")} | {"thai": "เด็กๆทำการบ้านในห้องสมุดเก่า" * 3}
    only = {"datatrove": Languages(named=("en",)), "any_language": Languages(named=("en",), others=True)}
    sets = ("basics", "any_language", "datatrove")
    _, some, *_ = run(spark, checkpoint, texts, sets=sets, languages=only)
    _, whole, *_ = run(spark, checkpoint, texts, sets=sets)
    spoken = {name: rows[0]["language"] for name, rows in some.items()}
    assert spoken["good"] == "en"
    assert (spoken["foreign"], spoken["thai"]) == ("de", "th")
    for name, language in spoken.items():
        held = [row for row in whole[name] if row["set"] != ("any_language" if language == "en" else "datatrove")]
        assert some[name] == held


def test_a_text_without_letters_is_judged_by_the_rules_of_no_language() -> None:
    """Of tables of numbers and of symbols ``by_language`` measures what needs no words, and asks no rule of a language."""
    policy = load_policy("by_language")
    texts = {"prose": PROSE * 3, "table": "1,204 | 33.5% | 2024-03-01\n" * 40, "symbols": "→ ★ ☆ 😀\n" * 40}
    only = tuple((name, languages) for name, languages in policy.read_only_of.items())
    found = pass_.prepare(pa.array(texts.values(), pa.string()), ("basics", *policy.sets), languages=only)
    asked = [rule.rule for rule in policy.rules if rule.languages is not None and rule.languages.hold(None)]
    assert asked[0] == "any_language.too_few_letters"
    assert {rule.partition(".")[0] for rule in asked} == {"any_language"}
    rows = {name: {place: found[place][n].as_py() for place in policy.sets} for n, name in enumerate(texts)}
    assert rows["prose"]["basics"]["language"] == "en"
    assert (rows["prose"]["datatrove"] is None, rows["prose"]["any_language"]) == (False, None)
    for name in ("table", "symbols"):
        assert {value for signal, value in rows[name]["basics"].items() if signal.startswith("language")} == {None}
        assert (rows[name]["datatrove"], rows[name]["chinese"]) == (None, None)
        assert rows[name]["any_language"]["n_letters"] == 0


def test_rewriting_leaves_what_c4_keeps_and_notes_what_it_cut(spark: SparkSession, checkpoint: Checkpoint) -> None:
    texts: dict[str, str | None] = {
        "mixed": f"{PROSE}\nHome\nPlease turn javascript on now.\nIt was said [12] that all is well.\n\n{PROSE}",
        "whole": "One line of a few words.",
        "void": "Menu\nHome",
        "empty": " ",
    }
    documents, signals, edits, rejects, _ = run(spark, checkpoint, texts, sets=SETS, rewrite="c4_lines")
    assert set(rejects) == {"empty"}
    assert set(documents) == {"mixed", "whole", "void"}
    for name, (row,) in documents.items():
        before, left = clean_text(texts[name] or ""), row["text"]
        assert bytes(row["cleaned_hash"]) == hashlib.sha256(before.encode()).digest()[:16]
        assert bytes(row["content_hash"]) == hashlib.sha256(left.encode()).digest()[:16]
        assert (row["n_chars"], row["n_bytes"], row["version"]) == (len(left), len(left.encode()), "clean@2/c4_lines@1")
        cut = sorted(piece for edit in edits.get(name, []) for piece in zip(edit["starts"], edit["ends"], strict=True))
        assert left == "".join(c for at, c in enumerate(before) if not any(start <= at < end for start, end in cut))
        assert {(bytes(e["content_hash"]), e["version"]) for e in edits.get(name, [])} <= {
            (bytes(row["cleaned_hash"]), "c4_lines@1")
        }
        own = {s["set"]: bytes(s["content_hash"]) for s in signals[name]}
        assert own.pop("quality") == bytes(row["content_hash"]), "it is measured of the text as it is stored"
        assert set(own.values()) == {bytes(row["cleaned_hash"])}
        scored = next(s for s in signals[name] if s["set"] == "quality")
        assert [scored[signal] for signal in SCORE.names] == list(SCORE.plainly(left, 12))
        assert next(s for s in signals[name] if s["set"] == "basics")["n_chars"] == len(before)
    assert documents["mixed"][0]["text"] == f"{PROSE.strip()}\nIt was said  that all is well.\n{PROSE.strip()}"
    assert {edit["rule"] for edit in edits["mixed"]} == {"too_few_words", "javascript", "citation"}
    assert documents["void"][0]["text"] == ""
    assert set(edits) == {"mixed", "void"}


def test_places_of_persons_and_secrets_are_stored_and_their_values_are_not(spark: SparkSession, checkpoint: Checkpoint) -> None:
    text = "写信给 zhang.san@example.com 或 li.si@example.org，电话 13800138001，EMP-7。"
    given = {"one": text, "none": PROSE, "null": None}
    _, signals, _, _, spans = run(spark, checkpoint, given, sets=("privacy",), patterns={"badge": r"EMP-\d"})
    counts = next(row for row in signals["one"] if row["set"] == "privacy")
    assert (counts["emails"], counts["cn_mobiles"], counts["own_patterns"], counts["persons"], counts["secrets"]) == (2, 1, 1, 3, 0)
    found = {row["type"]: [text[a:b] for a, b in zip(row["starts"], row["ends"], strict=True)] for row in spans["one"]}
    assert found == {
        "email": ["zhang.san@example.com", "li.si@example.org"],
        "cn_mobile": ["13800138001"],
        "badge": ["EMP-7"],
    }
    assert {bytes(row["content_hash"]) for row in spans["one"]} == {hashlib.sha256(text.encode()).digest()[:16]}
    assert set(spans) == {"one"}


def test_what_is_masked_is_masked_before_all_else_reads_it(
    spark: SparkSession, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    value, other = "zhang.san@example.com", "13800138001"
    text = f"写信给 {value}，再写 {value}，电话 {other}。"
    documents, signals, _, _, spans = run(
        spark, checkpoint, {"one": text, "none": PROSE}, sets=("basics", "privacy"), mask="placeholders"
    )
    masked = "写信给 <EMAIL>，再写 <EMAIL>，电话 <PHONE>。"
    (row,) = documents["one"]
    assert row["text"] == masked
    assert bytes(row["content_hash"]) == bytes(row["cleaned_hash"]) == hashlib.sha256(masked.encode()).digest()[:16]
    assert (row["n_chars"], row["version"], row["raw_hash"]) == (len(masked), "clean@2/placeholders@4", None)
    by_set = {row["set"]: row for row in signals["one"]}
    assert by_set["basics"]["n_chars"] == len(masked)
    assert (by_set["privacy"]["emails"], by_set["privacy"]["cn_mobiles"]) == (2, 1), "counts are of what was there"
    assert {bytes(row["content_hash"]) for row in (*signals["one"], *spans["one"])} == {bytes(row["content_hash"])}
    starts = {row["type"]: [text[a:b] for a, b in zip(row["starts"], row["ends"], strict=True)] for row in spans["one"]}
    assert starts == {"email": [value, value], "cn_mobile": [other]}
    monkeypatch.setenv(KEY, "a key of more than sixteen bytes")
    documents, *_ = run(spark, checkpoint, {"one": text}, mask="pseudonyms")
    (row,) = documents["one"]
    assert row["version"] == "clean@2/pseudonyms@4"
    first, second = re.findall(r"<EMAIL_[0-9a-f]{12}>", row["text"])
    assert first == second


def test_what_a_worker_is_handed_shows_no_key() -> None:
    assert "secret" not in repr(Prepare(masking=Masking("pseudonyms", b"secret of sixteen bytes", (("a", "b"),))))


def close(value: Any) -> Any:
    """The value as a table may hold it: whole, null, or within rounding."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


def test_the_pass_keeps_every_row_and_gives_back_no_raw_text(spark: SparkSession) -> None:
    rows = raw_of(spark, TEXTS)
    own = Prepare(SETS)(rows)
    operator = Prepare(SETS)
    assert own.columns == [*(c for c in rows.columns if c != "text"), *operator.adds]
    assert own.count() == len(TEXTS)
    assert {row["source_key"] for row in own.where("cleaned_hash IS NULL").collect()} == VOID
    assert {row["cleaned"] for row in own.where("cleaned_hash IS NULL").collect()} == {""}


def test_pieces_are_bounded_and_lose_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pass_, "PIECE_BYTES", 10)
    texts = [None, "a" * 4, "b" * 30, "", "c" * 9, "d", None]
    batch = pa.RecordBatch.from_pydict({"n": list(range(len(texts))), "text": pa.array(texts, pa.string())})
    pieces = list(Prepare(("basics",)).batches([batch, batch.slice(0, 0)]))
    assert [piece.num_rows for piece in pieces] == [3, 3, 1]
    whole = pa.Table.from_batches(pieces)
    assert whole.column("n").to_pylist() == list(range(len(texts)))
    assert whole.column("cleaned").to_pylist() == [text or "" for text in texts]
    assert [row["n_chars"] for row in whole.column("basics").to_pylist()][1:3] == [4, 30]


def test_a_long_text_without_a_space_is_one_word() -> None:
    said = pass_.prepare(pa.array(["x" * 20_000_000, "y"]), tuple(MEASURED.tables), "c4_lines")
    assert said["n_chars"].to_pylist() == [0, 0]
    assert [row["n_chars"] for row in said["basics"].to_pylist()] == [20_000_000, 1]
    for name in ("datatrove", "dolma", "dclm"):
        assert [row["n_words"] for row in said[name].to_pylist()] == [1, 1]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_slices_and_large_strings_are_the_same_texts(kind: Any) -> None:
    texts = list(TEXTS.values())
    whole = pass_.prepare(pa.array(texts, pa.string()), SETS)
    part = pass_.prepare(pa.array(["left out", *texts, "left out"], kind).slice(1, len(texts)), SETS)
    assert {name: column.to_pylist() for name, column in part.items()} == {name: c.to_pylist() for name, c in whole.items()}


def test_results_do_not_depend_on_partitions(spark: SparkSession, checkpoint: Checkpoint) -> None:
    def documents(rows: DataFrame) -> set[tuple[object, ...]]:
        kept, *_ = clean(rows, settings=CleanSettings(), quality=QUALITY, turn=Turn("b"), checkpoint=checkpoint)
        return {tuple(row) for row in kept.select("source_key", "text", F.hex("content_hash"), "bucket").collect()}

    rows = raw_of(spark, TEXTS)
    assert documents(rows.coalesce(1)) == documents(rows.repartition(5))

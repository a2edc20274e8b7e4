"""A small world for campaigns: texts of made-up languages, junk that one rule sees, and good texts that another rule would cut.

Three protected slices (`notes`, `reports`, `letters`) have a language each: a few dozen words, each of which is followed by one of
four others; `letters` is as large as both others. A fourth slice, `web`, is half sound text of these languages and half junk: their
words in random order with numbers between them, 15 % of all documents. Of `letters`, 30 % are short and in a language of their own.
The incumbent has both rules, at thresholds that cut nothing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

PROTECTED = ("notes", "reports", "letters")
WEB, JUNK_SHARE, BRIEF_SHARE = 0.3, 0.5, 0.3
"""Of all documents, those of `web`; of these, junk; of `letters`, short ones in a language of their own."""
LONG, SHORT = (80, 120), (30, 60)
"""Words of a document."""
WORDS, FOLLOWERS, SENTENCE = 60, 4, 9
MIXED, BRIEF = 0.8, 70.0
"""Thresholds of the rule that sees junk, and of the one that cuts short letters."""
SETTINGS: dict[str, Any] = {
    "ingest": {"slice_field": "slice", "min_slice_documents": 20},
    "dedupe": {"method": "exact"},
    "rebalance": {"tokens": 120_000, "sampler": "fixed", "bytes_per_token": 3.0, "heldout_share": 0.6},
    "train": {
        "launch": "inline",
        "vocabulary": 512,
        "hidden": 48,
        "layers": 1,
        "window": 64,
        "documents_per_step": 4,
        "checkpoint_steps": 10_000,
        "learning_rate": 0.005,
    },
    "evaluate": {"replicates": 20},
    "tracking": {"enabled": False},
}


class Tongue:
    """A language: its words, and which of them may follow each."""

    def __init__(self, chance: random.Random) -> None:
        self.words = ["".join(chance.choice("bdfgklmnprstvz") + chance.choice("aeiou") for _ in range(3)) for _ in range(WORDS)]
        self.followers = {word: chance.choices(self.words, k=FOLLOWERS) for word in self.words}

    def write(self, chance: random.Random, many: int) -> str:
        """A text of so many words, in sentences."""
        word, words = chance.choice(self.words), []
        for _ in range(many):
            words.append(word)
            word = chance.choice(self.followers[word])
        return "\n".join(" ".join(words[at : at + SENTENCE]) + "." for at in range(0, many, SENTENCE))

    def mix(self, chance: random.Random, many: int) -> str:
        """Junk: words of the language in random order, every other one a number."""
        words = [chance.choice(self.words) if at % 2 else str(chance.randrange(10**4, 10**6)) for at in range(many)]
        return "\n".join(" ".join(words[at : at + SENTENCE]) + "." for at in range(0, many, SENTENCE))


def make_documents(seed: int, many: int) -> Iterator[dict[str, str]]:
    """Rows of a delivery, in random order."""
    chance = random.Random(seed)
    tongues = {name: Tongue(chance) for name in PROTECTED}
    own = Tongue(chance)
    for at in range(many):
        place = chance.random()
        if place < WEB:
            tongue, name = chance.choice(list(tongues.values())), "web"
            text = (tongue.mix if chance.random() < JUNK_SHARE else tongue.write)(chance, chance.randint(*LONG))
        else:
            name = chance.choice((*PROTECTED, "letters"))
            brief = name == "letters" and chance.random() < BRIEF_SHARE
            text = (own if brief else tongues[name]).write(chance, chance.randint(*(SHORT if brief else LONG)))
        yield {"id": str(at), "text": text, "slice": name, "source": name}


def write_world(folder: Path, seed: int, many: int = 8_000, tokens: int = 60_000) -> None:
    """The delivery, the incumbent, the configuration and two searches of a world: in each one rule may move, between two values.

    Args:
        folder: that the files are written to.
        seed: of the texts and of all chance of the product.
        many: documents.
        tokens: of the longest training.
    """
    rows = "".join(json.dumps(row) + "\n" for row in make_documents(seed, many))
    (folder / "texts.jsonl").write_text(rows)
    rules = [{"rule": "mixed", "signal": "alpha_word_ratio", "below": 0.0}, {"rule": "brief", "signal": "n_words", "below": 5.0}]
    policy = {"name": "world", "version": 1, "profile": "datatrove", "rules": rules}
    (folder / "world.yaml").write_text(yaml.safe_dump(policy, sort_keys=False))
    own = {"seed": seed, "unchecked": True, "ingest": {**SETTINGS["ingest"], "inputs": [str(folder / "texts.jsonl")]}}
    conf = {**SETTINGS, **own, "judge": {"policy": str(folder / "world.yaml")}}
    (folder / "conf.yaml").write_text(yaml.safe_dump(conf))
    for rule, ends in (("mixed", [0.0, MIXED]), ("brief", [5.0, BRIEF])):
        head = {"name": rule, "incumbent": f"{folder / 'world.yaml'}@1", "tokens": tokens, "seed": seed, "engine": "random"}
        head |= {"protect": list(PROTECTED), "budget": {"tokens": 10**9, "seconds": 10**6}}
        space = [{"rule": rule, "below": {"choice": ends}}]
        (folder / f"{rule}.yaml").write_text(yaml.safe_dump({"search": head, "space": space}))

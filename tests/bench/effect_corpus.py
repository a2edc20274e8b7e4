"""The corpora of the experiments on effect: real text of five slices, with junk and copies whose places only the experiment knows.

A document is a run of paragraphs of 500 to 1,500 bytes. Four slices are known to the common checkpoint; the fifth, in German, is
new. What is delivered holds as much of each known slice, 2 % of the new one, and of all documents 10 % copies of others and 15 %
junk of three kinds in equal parts, scattered over the slices: random characters, the words of a document in a random order, and
advertisements made from templates.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import debian, texts

KNOWN = {"kernel": "linux-doc-6.1", "postgres": "postgresql-doc-15", "python": "python3.11-doc", "french": "manpages-fr"}
NEW = {"german": "manpages-de"}
WARM, EVALUATED, DELIVERED = 1_200_000, 40_000, 2_000_000
"""Bytes of each known slice for the common checkpoint, of each slice to evaluate on, and of what is delivered."""
NEW_SHARE, COPIES, JUNK = 0.02, 0.10, 0.15
LEAST, MOST = 500, 1_500
FROM_A_FILE = 12
TEMPLATES = (
    "Congratulations {name}! You have been selected out of {n} visitors to receive {thing} worth {n} dollars. To claim it, "
    "open {url} before {date} and enter the code {n}. This offer is only valid for the first {n} visitors and cannot be "
    "combined with others. Our sponsors at {url} have already given away {thing} to {name} and to {n} other winners. Do not "
    "miss your chance, act now, and tell your friends about {url}, where {thing} is waiting for them as well. Terms and "
    "conditions apply, see {url}.",
    "Buy {thing} online at {url} for only {n} dollars! Free shipping on orders over {n} dollars, discreet packaging, no "
    "questions asked. More than {n} satisfied customers since {date}. Best price guaranteed: if you find {thing} cheaper "
    "anywhere, we pay back {n} percent. Order number {n} ships today. Payment by card, transfer or coins. Visit {url}, write "
    "to {name} or call {n}-{n}. Also in stock: {thing}, {thing} and {thing}. Limited time only, until {date}. Unsubscribe at "
    "{url}.",
    "Dear {name}, your account {n} at {url} will be closed on {date} unless you confirm your details. Our team has noticed a "
    "payment of {n} dollars for {thing} that was made from an unknown device in {name}'s name. If this was not you, sign in "
    "at {url} within {n} hours and follow the steps. Failure to do so will lead to a fee of {n} dollars and to the loss of "
    "{thing}. Reference {n}. Sincerely, the security department. This message was sent automatically on {date}, please do not"
    " answer it.",
)
THINGS = (
    "a new phone",
    "a gold watch",
    "running shoes",
    "a week at the sea",
    "a gift card",
    "a tablet",
    "vitamins",
    "a coffee machine",
)
NAMES = ("John", "Maria", "customer", "winner", "friend", "Alex", "Ms Brown", "Dr Lee")


@dataclass(frozen=True)
class Row:
    """One document of a delivery; ``fault`` is what was planted: a copy, or a kind of junk. It is empty where the text is sound."""

    name: str
    slice: str
    text: str
    fault: str = ""


@dataclass(frozen=True)
class Corpora:
    """Texts for the common checkpoint, to evaluate on, and what is delivered, in the order of delivery."""

    warm: Mapping[str, Sequence[str]]
    evaluation: Mapping[str, Sequence[str]]
    delivered: Sequence[Row]


def make_corpora(seed: int, *, junk: float = JUNK, copies: float = COPIES, slices: Mapping[str, float] | None = None) -> Corpora:
    """Corpora of one seed: which texts, which places of junk and copies.

    Args:
        seed: whatever is drawn follows from it.
        junk: share of junk in the delivery.
        copies: share of copies.
        slices: the slices of the delivery with their shares of its sound text; by default as the module says.
    """
    draw = random.Random(seed)
    rest = (1 - NEW_SHARE) / len(KNOWN)
    shares = slices or {**dict.fromkeys(KNOWN, rest), **dict.fromkeys(NEW, NEW_SHARE)}
    sound = DELIVERED * (1 - junk - copies)
    pools = {name: _gather(package, draw, 3 * WARM) for name, package in {**KNOWN, **NEW}.items()}
    evaluation = {name: _take(pools[name], EVALUATED) for name in shares}
    warm = {name: _take(pools[name], WARM) for name in KNOWN}
    rows = [Row(f"{name}/{at}", name, text) for name in shares for at, text in enumerate(_take(pools[name], sound * shares[name]))]
    return Corpora(warm, evaluation, _spoil(rows, draw, junk / (1 - junk - copies), copies / (1 - junk - copies)))


def write_rows(rows: Iterable[Row], path: Path) -> Path:
    """JSON lines as a user would deliver them: id, slice and text, and nothing of what was planted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps({"id": row.name, "slice": row.slice, "text": row.text}, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def _spoil(rows: list[Row], draw: random.Random, junk: float, copies: float) -> list[Row]:
    """The rows with copies and junk among them, each so many times their number, in a random order."""
    more = [Row(f"copy/{at}", row.slice, row.text, "copy") for at, row in enumerate(draw.sample(rows, round(len(rows) * copies)))]
    kinds = ("characters", "shuffled", "spam")
    for at in range(round(len(rows) * junk)):
        like = draw.choice(rows)
        kind = kinds[at % len(kinds)]
        more.append(Row(f"more/{at}", like.slice, _make_junk(kind, like.text, draw), kind))
    everything = [*rows, *more]
    draw.shuffle(everything)
    return [Row(f"{at:06}", row.slice, row.text, row.fault) for at, row in enumerate(everything)]


def _make_junk(kind: str, text: str, draw: random.Random) -> str:
    if kind == "characters":
        return "".join(draw.choice("abcdefghijklmnopqrstuvwxyz0123456789 .,;:-_/()[]{}=+*#%&") for _ in text)
    if kind == "shuffled":
        words = re.findall(r"\S+\s*", text)
        draw.shuffle(words)
        return "".join(words)

    def fill(field: re.Match[str]) -> str:
        number = draw.randrange(10, 10 ** draw.randrange(2, 6))
        values = {
            "name": draw.choice(NAMES),
            "thing": draw.choice(THINGS),
            "n": f"{number}",
            "url": f"http://{draw.choice('abcdefgh')}{number}.example/{draw.randrange(10**6)}",
            "date": f"{draw.randrange(1, 29)} May {draw.randrange(2020, 2030)}",
        }
        return values[field[1]]

    return re.sub(r"\{(\w+)\}", fill, draw.choice(TEMPLATES))


def _gather(package: str, draw: random.Random, most: int) -> list[str]:
    """Documents of a package in a random order, a few of each file, none twice, of about ``most`` bytes."""
    paths = debian.files(package)
    draw.shuffle(paths)
    found: dict[str, None] = {}
    size = 0
    for path in paths:
        for text in _cut(path):
            size += len(text) if text not in found else 0
            found[text] = None
        if size > most:
            break
    documents = list(found)
    draw.shuffle(documents)
    return documents


def _cut(path: Path) -> list[str]:
    """The first documents of a file: runs of paragraphs, cut at the most bytes of one."""
    source = texts.read(path)
    text = texts.from_html(source) if path.suffix == ".html" else texts.from_man(source) if "/man/" in path.as_posix() else source
    found, run = [], ""
    for paragraph in re.split(r"\n\s*\n", text):
        run = f"{run}\n\n{paragraph.strip()}".strip()
        if len(run.encode()) >= LEAST:
            found.append(run.encode()[:MOST].decode("utf-8", "ignore"))
            run = ""
        if len(found) == FROM_A_FILE:
            break
    return found


def _take(pool: list[str], size: float) -> list[str]:
    """The last documents of the pool, which loses them, of about ``size`` bytes."""
    taken, held = [], 0
    while held < size:
        if not pool:
            raise SystemExit("a slice has too little text for this experiment; see tests.bench.debian for what was left out")
        taken.append(pool.pop())
        held += len(taken[-1].encode())
    return taken

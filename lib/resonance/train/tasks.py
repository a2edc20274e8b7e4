"""What a task asks of the model: to say a text, to answer a prompt, or to name a label; and what each target of it cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from resonance.core.errors import TrainError
from resonance.core.settings import TaskSettings, TrainSettings
from resonance.train.model import Model, label_logits, token_losses, word_logits
from resonance.train.shards import Document
from resonance.train.tokenizer import Codec, Tokens
from resonance.train.windows import NOTHING, arrange, pack

CUE = "\n\nLabel:"
"""Stands between a text and the word that names its label."""
LABEL_BYTES = 1
"""What a label counts for in bytes, so that bits per byte reads as bits per label."""


@dataclass(frozen=True)
class Batch:
    """Documents as the model takes them.

    Args:
        parts: one for each forward pass.
        targets: what the model must say, in tokens or labels.
        n_bytes: UTF-8 bytes of that, by document.
        n_cut: tokens that found no room, by document.
    """

    parts: Sequence[Any]
    targets: int
    n_bytes: list[int]
    n_cut: list[int]


@dataclass(frozen=True)
class Seen:
    """What one forward pass says.

    Args:
        losses: of each target in nats, fp32, where the model is.
        right: whether the best guess was; there too.
        owners: number of its document in the batch, on the processor.
        logits: of all labels, one row a document, where targets are labels.
    """

    losses: Tensor
    right: Tensor
    owners: Tensor
    logits: Tensor | None = None


class Task(Protocol):
    """What is learnt from a document."""

    def batch(self, documents: list[Document]) -> Batch:
        """The documents, tokenized and cut."""
        ...

    def seen(self, model: Model, part: Any) -> Seen:
        """One forward pass over a part of a batch."""
        ...


@dataclass(frozen=True)
class Texts:
    """Every token of a text is said once, over as many windows as it takes; ``packed`` into rows, where the model allows it."""

    codec: Codec
    settings: TrainSettings
    packed: bool = True

    def batch(self, documents: list[Document]) -> Batch:
        """Windows of all texts, packed."""
        tokens = self.codec.encode([document.text for document in documents])
        rows = pack(tokens, self.codec.start, self.settings.window, together=self.packed)
        parts = list(rows.passes(self.settings.rows_per_pass))
        return Batch(parts, sum(map(len, tokens)), _sizes(documents), [0] * len(documents))

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of all tokens."""
        return Seen(*token_losses(model, part, packed=self.packed))


@dataclass(frozen=True)
class Answers:
    """The tokens of an answer are said after its prompt; those of the prompt are only read. Both share one window.

    Where they do not fit, the prompt loses its beginning, and an answer longer than the window its end.
    """

    codec: Codec
    settings: TrainSettings
    task: TaskSettings
    packed: bool = True

    def batch(self, documents: list[Document]) -> Batch:
        """One window a document, packed."""
        prompts = self.codec.prompts([json.loads(document.prompt or "[]") for document in documents], self.task.template)
        answers = self.codec.encode([document.text for document in documents])
        width = self.settings.window
        pieces, cut, targets = [], [], 0
        for owner, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
            said = answer[:width]
            read = prompt[max(len(prompt) + len(said) - width, 0) :]
            pieces.append((owner, *self._window(read, said)))
            cut.append(len(prompt) - len(read) + len(answer) - len(said))
            targets += len(said)
        rows = arrange(pieces, width, together=self.packed)
        parts = list(rows.passes(self.settings.rows_per_pass))
        return Batch(parts, targets, _sizes(documents), cut)

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of the answers' tokens."""
        return Seen(*token_losses(model, part, packed=self.packed))

    def _window(self, read: Tokens, said: Tokens) -> tuple[Tokens, Tokens]:
        inputs = np.concatenate(([np.int32(self.codec.start)], read, said[:-1]))
        return inputs, np.concatenate((np.full(len(read), NOTHING, np.int32), said))


@dataclass(frozen=True)
class Labels:
    """The label of a text is named after as much of it as fits into one window, by a head of the model or by words."""

    codec: Codec
    settings: TrainSettings
    task: TaskSettings

    def batch(self, documents: list[Document]) -> Batch:
        """One padded row a document."""
        width, each = self.settings.window, self.settings.rows_per_pass
        texts = [document.text for document in documents]
        tokens = self.codec.framed(texts) if not self.task.words else self.codec.encode(texts)
        last = self._cue if self.task.words else None
        rows, cut = [], []
        for found in tokens:
            end = found[-1:] if last is None else last
            kept = found[:-1][: width - len(end)]
            rows.append(np.concatenate((kept, end)))
            cut.append(len(found) - 1 - len(kept))
        given = [self.task.labels.index(document.label or "") for document in documents]
        parts = [(at, rows[at : at + each], given[at : at + each]) for at in range(0, len(rows), each)]
        return Batch(parts, len(documents), [LABEL_BYTES] * len(documents), cut)

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of the given labels, among all labels."""
        first, rows, labels = part
        logits = word_logits(model, rows, self._words) if self.task.words else label_logits(model, rows, self.codec.blank)
        given = torch.tensor(labels, device=logits.device)
        losses = torch.nn.functional.cross_entropy(logits, given, reduction="none")
        return Seen(losses, logits.detach().argmax(-1) == given, torch.arange(first, first + len(rows)), logits)

    @cached_property
    def _cue(self) -> Tokens:
        """What asks for the label, behind the text."""
        return self.codec.encode([CUE])[0][:-1]

    @cached_property
    def _words(self) -> list[int]:
        """The first token of each label.

        Raises:
            TrainError: two labels begin with the same one.
        """
        firsts = [int(found[0]) for found in self.codec.encode([f" {label}" for label in self.task.labels])]
        for label, token in zip(self.task.labels, firsts, strict=True):
            twins = [other for other, its in zip(self.task.labels, firsts, strict=True) if its == token and other != label]
            if twins:
                raise TrainError(
                    f"task.words: labels {label!r} and {twins[0]!r} begin with the same token; rename one, or use a head"
                )
        return firsts


def task_of(task: TaskSettings, codec: Codec, settings: TrainSettings, *, packed: bool = True) -> Task:
    """The task that the settings name."""
    if task.kind == "language":
        return Texts(codec, settings, packed)
    return Labels(codec, settings, task) if task.kind == "classification" else Answers(codec, settings, task, packed)


def _sizes(documents: list[Document]) -> list[int]:
    return [len(document.text.encode()) for document in documents]

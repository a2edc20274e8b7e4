"""What a task asks of the model: to say a text, to answer a prompt, or to name a label; and what each target of it cost."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from resonance.core.settings import TaskSettings, TrainSettings
from resonance.train.model import Model, label_logits, token_losses
from resonance.train.shards import Document
from resonance.train.tokenizer import Codec, Tokens
from resonance.train.windows import NOTHING, arrange, pack

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
        losses: of each target in nats, fp32.
        right: whether the best guess was.
        owners: number of its document in the batch.
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
    """Every token of a text is said once, over as many windows as it takes."""

    codec: Codec
    settings: TrainSettings

    def batch(self, documents: list[Document]) -> Batch:
        """Windows of all texts, packed."""
        tokens = self.codec.encode([document.text for document in documents])
        rows = pack(tokens, self.codec.start, self.settings.window)
        parts = list(rows.passes(self.settings.rows_per_pass))
        return Batch(parts, sum(map(len, tokens)), _sizes(documents), [0] * len(documents))

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of all tokens."""
        return Seen(*token_losses(model, part))


@dataclass(frozen=True)
class Answers:
    """The tokens of an answer are said after its prompt; those of the prompt are only read. Both share one window.

    Where they do not fit, the prompt loses its beginning, and an answer longer than the window its end.
    """

    codec: Codec
    settings: TrainSettings
    task: TaskSettings

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
        parts = list(arrange(pieces, width).passes(self.settings.rows_per_pass))
        return Batch(parts, targets, _sizes(documents), cut)

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of the answers' tokens."""
        return Seen(*token_losses(model, part))

    def _window(self, read: Tokens, said: Tokens) -> tuple[Tokens, Tokens]:
        inputs = np.concatenate(([np.int32(self.codec.start)], read, said[:-1]))
        return inputs, np.concatenate((np.full(len(read), NOTHING, np.int32), said))


@dataclass(frozen=True)
class Labels:
    """The label of a text is named after as much of it as fits into one window."""

    codec: Codec
    settings: TrainSettings
    task: TaskSettings

    def batch(self, documents: list[Document]) -> Batch:
        """One padded row a document."""
        width, each = self.settings.window, self.settings.rows_per_pass
        tokens = self.codec.encode([document.text for document in documents])
        cut = [max(len(found) - width, 0) for found in tokens]
        rows = [np.append(found[: min(width, len(found)) - 1], found[-1:]) for found in tokens]
        given = [self.task.labels.index(document.label or "") for document in documents]
        parts = [(at, rows[at : at + each], given[at : at + each]) for at in range(0, len(rows), each)]
        return Batch(parts, len(documents), [LABEL_BYTES] * len(documents), cut)

    def seen(self, model: Model, part: Any) -> Seen:
        """Losses of the given labels, among all labels."""
        first, rows, labels = part
        logits = label_logits(model, rows, self.codec.start)
        given = torch.tensor(labels)
        losses = torch.nn.functional.cross_entropy(logits, given, reduction="none")
        return Seen(losses, logits.detach().argmax(-1) == given, torch.arange(first, first + len(rows)), logits)


def task_of(task: TaskSettings, codec: Codec, settings: TrainSettings) -> Task:
    """The task that the settings name."""
    if task.kind == "language":
        return Texts(codec, settings)
    return Labels(codec, settings, task) if task.kind == "classification" else Answers(codec, settings, task)


def _sizes(documents: list[Document]) -> list[int]:
    return [len(document.text.encode()) for document in documents]

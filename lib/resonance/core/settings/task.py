"""Settings of the task: what a model learns from a row."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from resonance.core.settings.base import Settings

TASK_FIELDS = frozenset({"label", "instruction", "input", "output", "messages", "prompt", "completion"})
"""Usual names of the fields that a row teaches by."""


class TaskSettings(Settings):
    """What a model learns from a row: to say its text, to name its label, or to give its answer."""

    kind: Literal["language", "classification", "instruction"] = Field(
        "language", description="language: say the text; classification: name its label; instruction: give the answer"
    )
    labels: tuple[str, ...] = Field((), max_length=64, description="every label of a classification, at most 64")
    words: bool = Field(False, description="name a label by its first token in the language model, instead of by a head of its own")
    form: Literal["instruction", "messages", "completion"] = Field(
        "instruction",
        description="fields of an instruction row: instruction, input and output; messages; prompt and completion",
    )
    fields: dict[str, str] = Field({}, description="names of fields where they differ: label, output, messages, completion …")
    template: Literal["plain", "tokenizer"] = Field(
        "plain", description="how messages become one prompt: role and text by line, or the pretrained tokenizer's chat template"
    )

    @model_validator(mode="after")
    def _can_be_learnt(self) -> TaskSettings:
        """Refuses what nothing can be learnt from before anything runs."""
        if self.kind == "classification" and len(set(self.labels)) < max(len(self.labels), 2):
            raise ValueError("a classification needs task.labels: two or more, each once")
        if unknown := sorted(self.fields.keys() - TASK_FIELDS):
            raise ValueError(f"task.fields knows no {', '.join(unknown)}; it may rename {', '.join(sorted(TASK_FIELDS))}")
        return self

    @property
    def heads(self) -> tuple[str, ...]:
        """The labels that a model needs a head for."""
        return self.labels if self.kind == "classification" and not self.words else ()

    def field(self, name: str) -> str:
        """What the field of this usual name is called in the rows."""
        return self.fields.get(name, name)

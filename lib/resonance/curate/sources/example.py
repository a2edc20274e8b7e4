"""What one row teaches besides its text: a label, or an answer to a prompt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from resonance.core.expression import NO_MORE, Hidden
from resonance.core.settings import TaskSettings
from resonance.curate.sources.quoted import quote_value

SPEAKERS = ("system", "user", "assistant")


class Example(NamedTuple):
    """What is learnt from a row.

    Args:
        messages: what the model reads, each with ``role`` and ``content``; none where it reads the row's text.
        answer: what it must say.
        label: or which label it must name.
    """

    messages: tuple[dict[str, str], ...] = ()
    answer: str | None = None
    label: str | None = None

    @property
    def text(self) -> str:
        """All that is said in it, as one text: what rules and deduplication see."""
        return "\n\n".join([*(message["content"] for message in self.messages), self.answer or ""])

    @property
    def prompt(self) -> str | None:
        """The messages as JSON."""
        return json.dumps(self.messages, ensure_ascii=False) if self.messages else None


class Flaw(NamedTuple):
    """Why a row teaches nothing: the rule that cuts it, and what is wrong."""

    rule: str
    detail: str


def example_of(values: Mapping[str, Any], task: TaskSettings, hidden: Hidden = NO_MORE) -> Example | Flaw:
    """The example in the named values of one record, or why there is none. Sizes and other fields are not looked at.

    What is ``hidden`` is quoted nowhere.
    """
    if task.kind == "language":
        return Example()
    if task.kind == "classification":
        return _read_label(values, task, hidden)
    forms = {"instruction": _instruction, "messages": _messages, "completion": _completion}
    return forms[task.form](values, task)


def _read_label(values: Mapping[str, Any], task: TaskSettings, hidden: Hidden) -> Example | Flaw:
    name = task.field("label")
    given = values.get(name)
    label = given if isinstance(given, str) else None if given is None else json.dumps(given)
    if not label:
        return Flaw("missing_label", f"field {name!r} is null, empty or missing among: {', '.join(sorted(values))}")
    if label not in task.labels:
        return Flaw("unknown_label", f"label {quote_value(label, hidden)} is none of task.labels")
    return Example(label=label)


def _instruction(values: Mapping[str, Any], task: TaskSettings) -> Example | Flaw:
    asked, given = _text(values, task, "instruction"), _text(values, task, "input")
    if not asked.strip():
        return _missing(values, task, "missing_prompt", "instruction")
    return _read_answer(values, task, "output", ({"role": "user", "content": f"{asked}\n\n{given}" if given.strip() else asked},))


def _completion(values: Mapping[str, Any], task: TaskSettings) -> Example | Flaw:
    asked = _text(values, task, "prompt")
    if not asked.strip():
        return _missing(values, task, "missing_prompt", "prompt")
    return _read_answer(values, task, "completion", ({"role": "user", "content": asked},))


def _messages(values: Mapping[str, Any], task: TaskSettings) -> Example | Flaw:
    name = task.field("messages")
    given = values.get(name)
    if not isinstance(given, list) or len(given) < 2:
        return Flaw("missing_prompt", f"field {name!r} is no list of two or more messages")
    for place, one in enumerate(given, 1):
        if not isinstance(one, Mapping) or one.get("role") not in SPEAKERS or not isinstance(one.get("content"), str):
            return Flaw("invalid_message", f"message {place} has no content, or a role that is none of {', '.join(SPEAKERS)}")
    asked = [one["content"].strip() for one in given[:-1] if one["role"] == "user"]
    if not all(asked) or not asked:
        return Flaw("missing_prompt", "the user says nothing, or a message of theirs is empty")
    if given[-1]["role"] != "assistant" or not given[-1]["content"].strip():
        return Flaw("missing_answer", "the last message is no answer of the assistant, or empty")
    return Example(tuple({"role": one["role"], "content": one["content"]} for one in given[:-1]), given[-1]["content"])


def _read_answer(values: Mapping[str, Any], task: TaskSettings, name: str, messages: tuple[dict[str, str], ...]) -> Example | Flaw:
    answer = _text(values, task, name)
    return Example(messages, answer) if answer.strip() else _missing(values, task, "missing_answer", name)


def _missing(values: Mapping[str, Any], task: TaskSettings, rule: str, name: str) -> Flaw:
    return Flaw(rule, f"field {task.field(name)!r} is null, empty or missing among: {', '.join(sorted(values))}")


def _text(values: Mapping[str, Any], task: TaskSettings, name: str) -> str:
    given = values.get(task.field(name))
    return given if isinstance(given, str) else ""

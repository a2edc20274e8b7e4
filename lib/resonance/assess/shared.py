"""What several operators ask of a batch is worked out once: equal parts are one, and equal questions inside of parts too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from resonance.core.parts import Part

Key = tuple[str, str]


@dataclass
class Once:
    """A question whose answer is kept until another batch comes."""

    of: Any
    last: tuple[Any, Any] = field(default=(None, None), init=False, repr=False)

    def __call__(self, batch: Any) -> Any:
        """The answer."""
        if self.last[0] is not batch:
            self.last = (batch, self.of(batch))
        return self.last[1]


def share_parts(parts: Sequence[tuple[str, Part]]) -> tuple[dict[str, Part], dict[str, str]]:
    """The parts that differ, by the name of the first of each; and for every name the one whose state it has."""
    keys = {name: (part.kind, *name_question(part.of)) for name, part in parts}
    first = {key: name for name, key in reversed(keys.items())}
    chosen = {name: part for name, part in parts if first[keys[name]] == name}
    asked = Counter(name_question(question) for part in chosen.values() for question in list_questions(part.of))
    known: dict[Key, Any] = {}
    distinct = {name: replace(part, of=share_question(part.of, asked, known)) for name, part in chosen.items()}
    return distinct, {name: first[key] for name, key in keys.items()}


def name_question(question: Any) -> Key:
    """What equal questions have in common: their kind, and how their fields are written."""
    return type(question).__module__, repr(question)


def list_questions(question: Any) -> Iterator[Any]:
    """A question and all those that it asks in turn."""
    if isinstance(question, tuple):
        for each in question:
            yield from list_questions(each)
    elif is_question(question):
        yield question
        for value in _list_values(question).values():
            yield from list_questions(value)


def share_question(question: Any, asked: Mapping[Key, int], known: dict[Key, Any]) -> Any:
    """The question with one object in place of all equal ones that are asked more than once."""
    if isinstance(question, tuple):
        return tuple(share_question(each, asked, known) for each in question)
    if not is_question(question):
        return question
    key = name_question(question)
    if key not in known:
        inner = {name: share_question(value, asked, known) for name, value in _list_values(question).items()}
        rebuilt = replace(question, **inner) if inner else question
        known[key] = Once(rebuilt) if asked[key] > 1 else rebuilt
    return known[key]


def is_question(value: Any) -> bool:
    """Whether a value is asked of a batch: a dataclass that can be called."""
    return is_dataclass(value) and not isinstance(value, type) and callable(value)


def _list_values(question: Any) -> dict[str, Any]:
    """The fields that may hold further questions."""
    values = {given.name: getattr(question, given.name) for given in fields(question) if given.init}
    return {
        name: value
        for name, value in values.items()
        if is_question(value) or (isinstance(value, tuple) and any(map(is_question, value)))
    }

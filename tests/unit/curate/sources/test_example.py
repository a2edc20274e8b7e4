"""What a row teaches, in each form, and why it teaches nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resonance.core.settings import TaskSettings
from resonance.curate.sources.example import Example, Flaw, example_of

LABELS = TaskSettings(kind="classification", labels=("good", "bad", "3"))


def form(name: str, **fields: str) -> TaskSettings:
    return TaskSettings.model_validate({"kind": "instruction", "form": name, "fields": fields})


def test_a_text_teaches_itself() -> None:
    assert example_of({"text": "a"}, TaskSettings()) == Example()


@pytest.mark.parametrize(("given", "label"), [("good", "good"), (3, "3")])
def test_labels(given: Any, label: str) -> None:
    assert example_of({"text": "a", "label": given}, LABELS) == Example(label=label)
    renamed = LABELS.model_copy(update={"fields": {"label": "stars"}})
    assert example_of({"text": "a", "stars": given}, renamed) == Example(label=label)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({}, "missing_label"),
        ({"label": None}, "missing_label"),
        ({"label": ""}, "missing_label"),
        ({"label": "ugly"}, "unknown_label"),
    ],
)
def test_labels_that_teach_nothing(values: dict[str, Any], rule: str) -> None:
    found = example_of(values, LABELS)
    assert isinstance(found, Flaw)
    assert found.rule == rule


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("ugly", "'ugly'"),
        ("13912345678", "'***********'"),
        (13912345678, "'***********'"),
        ("Mail jane.doe@example.com", "'Mail ********************'"),
        ("x" * 26 + " jane.doe@example.com", f"'{'x' * 26} *************…'"),
        ({"to": "a@b.com"}, """'{"to": "*******"}'"""),
        ("word " * 1_000, f"'{'word ' * 8}…'"),
    ],
)
def test_a_foreign_label_is_quoted_short_and_hidden(label: Any, said: str) -> None:
    found = example_of({"label": label}, LABELS)
    assert isinstance(found, Flaw)
    assert found.detail == f"label {said} is none of task.labels"


@pytest.mark.parametrize(
    ("task", "values", "messages", "answer"),
    [
        (form("instruction"), {"instruction": "Add.", "input": "1 2", "output": "3"}, [("user", "Add.\n\n1 2")], "3"),
        (form("instruction"), {"instruction": "Sing.", "input": " ", "output": "La"}, [("user", "Sing.")], "La"),
        (form("instruction", output="response"), {"instruction": "Sing.", "response": "La"}, [("user", "Sing.")], "La"),
        (form("completion"), {"prompt": "One, two,", "completion": " three"}, [("user", "One, two,")], " three"),
        (
            form("messages"),
            {
                "messages": [
                    {"role": "system", "content": "Be short."},
                    {"role": "user", "content": "Hi"},
                    {"role": "assistant", "content": "Hello", "weight": 1},
                ]
            },
            [("system", "Be short."), ("user", "Hi")],
            "Hello",
        ),
    ],
)
def test_answers(task: TaskSettings, values: dict[str, Any], messages: list[tuple[str, str]], answer: str) -> None:
    found = example_of(values, task)
    assert found == Example(tuple({"role": role, "content": content} for role, content in messages), answer)
    assert isinstance(found, Example)
    assert json.loads(found.prompt or "") == list(found.messages)
    assert found.text == "\n\n".join([*(content for _, content in messages), answer])


HI = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Hello"}


@pytest.mark.parametrize(
    ("task", "values", "rule"),
    [
        (form("instruction"), {"output": "3"}, "missing_prompt"),
        (form("instruction"), {"instruction": "Add."}, "missing_answer"),
        (form("instruction"), {"instruction": "Add.", "output": " \n"}, "missing_answer"),
        (form("instruction"), {"instruction": ["Add."], "output": "3"}, "missing_prompt"),
        (form("completion"), {"prompt": "", "completion": "a"}, "missing_prompt"),
        (form("completion"), {"prompt": "a", "completion": None}, "missing_answer"),
        (form("messages"), {"messages": "Hi"}, "missing_prompt"),
        (form("messages"), {"messages": [HI]}, "missing_prompt"),
        (form("messages"), {"messages": [HI, HI]}, "missing_answer"),
        (form("messages"), {"messages": [HI, {"role": "assistant", "content": ""}]}, "missing_answer"),
        (form("messages"), {"messages": [{"role": "system", "content": "Be short."}, ANSWER]}, "missing_prompt"),
        (form("messages"), {"messages": [{"role": "user", "content": " "}, ANSWER]}, "missing_prompt"),
        (form("messages"), {"messages": [HI, ANSWER, {"role": "user", "content": ""}, ANSWER]}, "missing_prompt"),
        (form("instruction"), {"instruction": " ", "input": "1 2", "output": "3"}, "missing_prompt"),
        (form("messages"), {"messages": [{"role": "tool", "content": "x"}, HI]}, "invalid_message"),
        (form("messages"), {"messages": [{"role": "user"}, HI]}, "invalid_message"),
    ],
)
def test_rows_without_prompt_or_answer(task: TaskSettings, values: dict[str, Any], rule: str) -> None:
    found = example_of(values, task)
    assert isinstance(found, Flaw)
    assert found.rule == rule


@pytest.mark.parametrize("labels", [(), ("a",), ("a", "a")])
def test_a_classification_names_two_labels_or_more(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"needs task\.labels: two or more, each once"):
        TaskSettings(kind="classification", labels=labels)


def test_fields_that_no_form_knows_are_refused() -> None:
    with pytest.raises(ValueError, match=r"task\.fields knows no lable; it may rename completion, input"):
        TaskSettings(kind="classification", labels=("a", "b"), fields={"lable": "stars"})


def test_a_head_is_for_a_classification_that_names_no_words() -> None:
    labels = ("a", "b")
    assert TaskSettings(kind="classification", labels=labels).heads == labels
    assert TaskSettings(kind="classification", labels=labels, words=True).heads == TaskSettings(labels=labels).heads == ()

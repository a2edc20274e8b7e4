"""Questions about Python functions, with the answers of their doc strings, as a dataset to assess."""

from __future__ import annotations

import re
import sysconfig
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from resonance.curate.sources.demo_texts import doc_strings
from tests.bench.assess_datasets import TERMS, Dataset, choose_parameter, describe_column, list_licences, list_values, make_contract

INSTRUCTION_PACKAGES = ("numpy", "scipy", "pandas", "sklearn", "matplotlib", "networkx", "sympy", "torch")
MOST_EACH = 60
"""Questions of each task about a package."""


def read_instructions() -> Dataset:
    """Questions about Python functions, and what their doc strings answer: purpose, parameters, results."""
    rows = pd.DataFrame(list_instructions())
    rows["text"] = rows["prompt"] + "\n" + rows["response"]
    licences = list_licences()
    names = {"sklearn": "scikit-learn"}
    rows["licence"] = [licences[names.get(source, source)] for source in rows["source"]]
    rows = rows[rows["licence"] != ""].reset_index(drop=True)
    rows["collector"], rows["method"], rows["place"] = "bench", "read", "site-packages"
    rows["lang"], rows["domain"] = "en", rows["source"].map(FIELDS)
    tasks, sources, fields = (sorted(rows[name].unique()) for name in ("task", "source", "domain"))
    ledger = {name: {"basis": "open licence", "evidence": f"{name}/METADATA", "origin": "public"} for name in sources}
    columns = [
        describe_column("id", "string", "the function and the task", "numpy.linalg.norm purpose", required=True, unique=True),
        describe_column("prompt", "string", "the question that is asked", "What does numpy.linalg.norm do?", required=True),
        describe_column(
            "response",
            "string",
            "the answer of the doc string",
            "Return the norm.",
            required=True,
            logicalTypeOptions={"minLength": 20},
        ),
        describe_column("text", "string", "question and answer together", "What does norm do?\nReturn it.", required=True),
        describe_column("task", "string", "what is asked of the function", tasks[0], required=True, enum=list_values(tasks)),
        describe_column("source", "string", "the package of the function", "numpy", required=True, enum=list_values(sources)),
        describe_column("domain", "string", "the field of the package", fields[0], required=True, enum=list_values(fields)),
        describe_column("licence", "string", "SPDX id of the licence of the package", "BSD-3-Clause", required=True),
        describe_column("lang", "string", "language of question and answer", "en", required=True, enum=list_values(["en"])),
    ]
    contract = make_contract(
        "instructions",
        "sft",
        ["text", "instruction"],
        {
            "id": "id",
            "text": "text",
            "collector": "collector",
            "method": "method",
            "source_uri": "path",
            "place": "place",
            "prompt": "prompt",
            "response": "response",
            "task": "task",
            "source_id": "source",
            "domain": "domain",
            "lang": "lang",
            "licence": "licence",
        },
        {
            "min_rows": len(rows),
            "min_tokens": int(rows["text"].str.len().sum() / 4),
            "languages": ["en"],
            "task_taxonomy": tasks,
            "domain_taxonomy": fields,
            "source_ledger": ledger,
            "task_fields": ["prompt", "response"],
            "task_registry": {name: ["prompt", "response"] for name in tasks},
            "terminology": TERMS,
            "attributes": ["source", "task", "domain"],
            "domain_mix": {name: int(many) for name, many in Counter(rows["domain"]).items()},
            "source_mix": {name: int(many) for name, many in Counter(rows["source"]).items()},
            "licence_terms": {"name": "each package's own", "text": "LICENSE files", "uses": "any", "contact": "bench"},
        },
        columns,
        [
            choose_parameter("text_form_pass_rate", min_words=10),
            choose_parameter("source_effective_number", target_sources=len(sources)),
            choose_parameter("term_density_score", reference_density=10),
        ],
        {14: "questions have one answer and no label", 29: "it is to hold public texts alone"},
    )
    return Dataset("instructions", rows, contract, datetime(2026, 12, 1, tzinfo=UTC))


FIELDS = {
    "numpy": "numbers",
    "scipy": "numbers",
    "sympy": "numbers",
    "pandas": "tables",
    "sklearn": "learning",
    "torch": "learning",
    "matplotlib": "drawing",
    "networkx": "graphs",
}
QUESTIONS = {
    "purpose": "What does the function `{name}` of the package {package} do?",
    "parameters": "Which parameters does the function `{name}` of the package {package} take, and what do they mean?",
    "results": "What does a call of the function `{name}` of the package {package} return?",
}


def list_instructions() -> Iterator[dict[str, str]]:
    """One row for each question that a doc string in the form of numpy answers; each answer once, each question once."""
    packages = Path(sysconfig.get_path("purelib"))
    asked, seen = Counter[str](), set[str]()
    for package in INSTRUCTION_PACKAGES:
        many = Counter[str]()
        for path in sorted((packages / package).rglob("*.py")):
            if "test" in str(path) or min((many[task] for task in QUESTIONS), default=0) >= MOST_EACH:
                continue
            module = ".".join(path.relative_to(packages).with_suffix("").parts)
            for name, _, text in list_doc_strings(path):
                for task, answer in find_answers(text).items():
                    key = f"{module}.{name} {task}"
                    if many[task] < MOST_EACH and answer not in seen and not asked[key]:
                        many[task] += 1
                        asked[key] += 1
                        seen.add(answer)
                        prompt = QUESTIONS[task].format(name=name, package=package)
                        yield {"id": key, "prompt": prompt, "response": answer, "task": task, "source": package, "path": module}


def list_doc_strings(path: Path) -> list[tuple[str, int | None, str]]:
    """Doc strings of public functions of a module; none where it cannot be read."""
    try:
        return [found for found in doc_strings(str(path)) if found[0] and "_" not in (found[0][0], found[0].rpartition(".")[2][0])]
    except (OSError, SyntaxError, ValueError, RecursionError):
        return []


def find_answers(text: str) -> dict[str, str]:
    """The answers that a doc string holds, by task."""
    sections = re.split(r"^(\w[\w ]*)\n-{3,}\n", text, flags=re.MULTILINE)
    named = dict(zip(sections[1::2], sections[2::2], strict=True))
    first = re.split(r"^\.\. |^>>> ", sections[0].strip(), maxsplit=1, flags=re.MULTILINE)[0].strip()
    found = {"purpose": first, "parameters": named.get("Parameters", ""), "results": named.get("Returns", "")}
    return {task: answer.strip() for task, answer in found.items() if len(answer.split()) >= 12 and answer.strip().endswith(".")}

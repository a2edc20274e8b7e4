"""Texts inside the files of a Python package: doc strings, descriptions, licences, topics."""

from __future__ import annotations

import ast
import email
import gc
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from resonance.curate.sources.row import valid

MIN_CHARS = 200
DOC_STRING = re.compile(rb'^([ \t]*)[rR]?"""(.*?)"""', re.MULTILINE | re.DOTALL)
Text = tuple[str, int | None, str]
Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def estimate(path: str) -> int:
    """About how many doc strings of 200 characters a module holds, without parsing it; 1 where it cannot be read."""
    try:
        source = Path(path).read_bytes()
    except OSError:
        return 1
    return sum(len(body) - body.count(b"\n" + indent) * len(indent) >= MIN_CHARS for indent, body in DOC_STRING.findall(source))


def doc_strings(path: str) -> Iterator[Text]:
    """Name, line and text of each doc string of 200 characters or more; a name that comes again gets a number."""
    tree = _parse_source(Path(path).read_bytes())
    seen = Counter[str]()
    for name, node in _definitions(tree):
        text = ast.get_docstring(node)
        if text and len(text) >= MIN_CHARS:
            seen[name] += 1
            yield name if seen[name] == 1 else f"{name}#{seen[name]}", getattr(node, "lineno", 1), valid(text)


def _parse_source(source: bytes) -> ast.Module:
    collects = gc.isenabled()
    gc.disable()  # a tree is many objects and no garbage: a third of the time
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # invalid escapes in other people's code
            return ast.parse(source)
    finally:
        if collects:
            gc.enable()


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.Module | Definition]]:
    """The module, its classes and functions with qualified names; only statements are walked, not expressions."""
    yield "", tree
    open: list[tuple[str, ast.AST]] = [("", tree)]
    while open:
        name, node = open.pop()
        for field in ("body", "handlers", "orelse", "finalbody", "cases"):
            inner = getattr(node, field, None)
            for child in inner if isinstance(inner, list) else ():
                if isinstance(child, Definition):
                    qualified = f"{name}.{child.name}" if name else child.name
                    yield qualified, child
                    open.append((qualified, child))
                elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
                    open.append((name, child))


def description(path: str) -> Iterator[Text]:
    """The long description in a package's ``METADATA``."""
    message = email.message_from_string(Path(path).read_text(encoding="utf-8", errors="replace"))
    text = message.get_payload()
    text = text if isinstance(text, str) and text.strip() else message.get("Description", "")
    if text.strip() and text.strip() != "UNKNOWN":
        yield "", None, valid(text)


def whole_file(path: str) -> Iterator[Text]:
    """A licence as it stands."""
    text = Path(path).read_text(encoding="utf-8", errors="replace")
    if text.strip():
        yield "", None, text


def topics(path: str) -> Iterator[Text]:
    """The help topics of the language, from the dictionary that ``pydoc_data.topics`` assigns."""
    for node in ast.parse(Path(path).read_bytes()).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for name, text in ast.literal_eval(node.value).items():
                yield name, None, valid(text)


READERS = {"docstring": doc_strings, "readme": description, "licence": whole_file, "topic": topics}

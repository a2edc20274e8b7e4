"""The set ``line_languages``, for texts that mix languages: which language most of the lines are in, and how much of them.

Measured only where a policy or ``clean.sets`` asks for it: the language model of ``basics`` takes one Python object a line
here, and about as long for a short line as for a text.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from resonance.curate.kernels.basics.basics import HEAD_CHARS, languages

MIN_CHARS = 20
"""Of shorter lines the model says next to nothing; they do not count."""

Value = float | str | None


def plainly(text: str) -> tuple[Value, ...]:
    """How many languages there are among the lines, the one of most characters (the first by name of equals), and its share.

    Lines end at line feeds and are stripped; a longer line is judged by its first 2,000 characters.
    """
    held = Counter[str]()
    for line in map(str.strip, text.split("\n")):
        label = languages(line[:HEAD_CHARS])[0] if len(line) >= MIN_CHARS else None
        if isinstance(label, str):
            held[label] += len(line)
    if not held:
        return 0, None, None
    most = min(held, key=lambda label: (-held[label], label))
    return len(held), most, held[most] / held.total()


def rows(texts: Any) -> list[tuple[Value, ...]]:
    """The values of each text of an Arrow string array; nulls where there was no text."""
    return [(None, None, None) if text is None else plainly(text) for text in texts.to_pylist()]

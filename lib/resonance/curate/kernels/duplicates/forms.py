"""The normal forms in which near duplicates are sought, by name (``dedupe.profile``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from resonance.curate.kernels.duplicates import datatrove_form
from resonance.curate.kernels.text import words
from resonance.curate.kernels.text.scan import Spans, spans


def read(texts: Any, profile: str) -> tuple[Spans, NDArray[np.uint32]]:
    """Texts of an Arrow string array as byte ranges, and the table by which ``next_word`` reads the words of a form there."""
    if profile == "datatrove":
        return spans(datatrove_form.rewrite(texts)), words.verbatim()
    return spans(texts), words.folds()


def words_plainly(text: str, profile: str) -> list[str]:
    """The words of one text in a form; the definition that ``read`` is held to."""
    return datatrove_form.words(text) if profile == "datatrove" else words.words(text)

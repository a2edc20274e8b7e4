"""Every set of signals of a text, one module a set. What else needs to know of a set reads it here.

A set's kernel is imported, and where it is new compiled, when it first measures.
"""

from __future__ import annotations

from resonance.curate.signals.any_language import ANY_LANGUAGE
from resonance.curate.signals.basics import BASICS
from resonance.curate.signals.characters import CHARACTERS
from resonance.curate.signals.chinese import CHINESE
from resonance.curate.signals.classifier import CLASSIFIER
from resonance.curate.signals.datatrove import DATATROVE
from resonance.curate.signals.dclm import DCLM
from resonance.curate.signals.dolma import DOLMA
from resonance.curate.signals.line_languages import LINE_LANGUAGES
from resonance.curate.signals.perplexity import PERPLEXITY
from resonance.curate.signals.privacy import PRIVACY
from resonance.curate.signals.quality import QUALITY
from resonance.curate.signals.words import WORDS

SETS = (
    *(BASICS, CHARACTERS, WORDS, LINE_LANGUAGES, PRIVACY, ANY_LANGUAGE, CHINESE, DATATROVE, DOLMA, DCLM),
    *(CLASSIFIER, PERPLEXITY, QUALITY),
)
"""All sets, in the order in which they are measured."""

__all__ = [
    "ANY_LANGUAGE",
    "BASICS",
    "CHARACTERS",
    "CHINESE",
    "CLASSIFIER",
    "DATATROVE",
    "DCLM",
    "DOLMA",
    "LINE_LANGUAGES",
    "PERPLEXITY",
    "PRIVACY",
    "QUALITY",
    "SETS",
    "WORDS",
]

"""Letters of languages (Unicode CLDR, languageData: primary scripts), by blocks of Unicode."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
ARABIC = "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff"
CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"
DEVANAGARI = "\u0900-\u097f\ua8e0-\ua8ff"
LATIN = (
    "A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u1d00-\u1dbf\u1e00-\u1eff\u2c60-\u2c7f\ua722-\ua7ff\uab30-\uab6f"
    "\ufb00-\ufb06\uff21-\uff3a\uff41-\uff5a"
)
SCRIPTS = (
    ("zh wuu yue", HAN),
    ("ja", f"{HAN}\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"),
    ("ko", f"{HAN}\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"),
    ("ar arz azb ckb fa lrc mzn pnb ps sd ug ur", ARABIC),
    ("av ba be bg bxr ce cv krc kv ky lez mhr mk mn mrj myv os ru rue sah tg tt tyv uk xal", CYRILLIC),
    ("kk", CYRILLIC + ARABIC),
    ("bh dty hi mai mr ne new sa", DEVANAGARI),
    ("as bn bpy", "\u0980-\u09ff"),
    ("pa", f"\u0a00-\u0a7f{ARABIC}"),
    ("gu", "\u0a80-\u0aff"),
    ("or", "\u0b00-\u0b7f"),
    ("ta", "\u0b80-\u0bff"),
    ("te", "\u0c00-\u0c7f"),
    ("kn", "\u0c80-\u0cff"),
    ("ml", "\u0d00-\u0d7f"),
    ("si", "\u0d80-\u0dff"),
    ("th", "\u0e00-\u0e7f"),
    ("lo", "\u0e80-\u0eff"),
    ("bo", "\u0f00-\u0fff"),
    ("my", "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"),
    ("ka xmf", "\u10a0-\u10ff\u1c90-\u1cbf\u2d00-\u2d2f"),
    ("am", "\u1200-\u139f\u2d80-\u2ddf\uab00-\uab2f"),
    ("km", "\u1780-\u17ff"),
    ("el", "\u0370-\u03ff\u1f00-\u1fff"),
    ("hy", "\u0530-\u058f\ufb13-\ufb17"),
    ("he yi", "\u0590-\u05ff\ufb1d-\ufb4f"),
    ("dv", "\u0780-\u07bf"),
    ("bs sh sr", LATIN + CYRILLIC),
    ("az ku ms tk uz", LATIN + CYRILLIC + ARABIC),
    ("gom hif", LATIN + DEVANAGARI),
)
"""Languages, and the letters of which each of their texts holds some; all others are written in Latin ones."""
LETTERS = {language: re.compile(f"[{ranges}]+") for languages, ranges in SCRIPTS for language in languages.split()}
LATIN_LETTERS = re.compile(f"[{LATIN}]+")
FEWEST = 1 / 3
"""Words in Latin letters stand in texts of every script: less of a text's letters makes no language that is written in them."""


def may_be(language: str, text: str) -> bool:
    """Whether letters that the language is written in are among those of a text, which holds some: one, or of Latin ones enough."""
    letters = LETTERS.get(language, LATIN_LETTERS)
    if text.isascii() or not letters.match("a"):
        return letters.search(text) is not None
    own = sum(map(len, letters.findall(text)))
    return own >= FEWEST * len(text) or own >= FEWEST * sum(map(str.isalpha, text))

"""Letters of languages that are not written in Latin ones (Unicode CLDR, languageData: primary scripts), by blocks of Unicode."""

from __future__ import annotations

import re

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
ARABIC = "\u0600-\u06ff\u0750-\u077f\u0870-\u08ff\ufb50-\ufdff\ufe70-\ufeff"
CYRILLIC = "\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f"
SCRIPTS = (
    ("zh wuu yue", HAN),
    ("ja", f"{HAN}\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9d"),
    ("ko", f"{HAN}\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff\uffa0-\uffdc"),
    ("ar arz azb ckb fa lrc mzn pnb ps sd ug ur", ARABIC),
    ("av ba be bg bxr ce cv krc kv ky lez mhr mk mn mrj myv os ru rue sah tg tt tyv uk xal", CYRILLIC),
    ("kk", CYRILLIC + ARABIC),
    ("bh dty hi mai mr ne new sa", "\u0900-\u097f\ua8e0-\ua8ff"),
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
)
"""Languages, and the letters of which each of their texts holds some."""
LETTERS = {language: re.compile(f"[{ranges}]") for languages, ranges in SCRIPTS for language in languages.split()}


def may_be(language: str, text: str) -> bool:
    """Whether a text holds a letter that the language is written in; true of a language that is written in Latin letters too."""
    letters = LETTERS.get(language)
    return letters is None or letters.search(text) is not None

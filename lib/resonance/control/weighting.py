"""From what a weighting asks for to the weights of a plan, within bounds. Pure, a few numbers for each slice.

Weights that follow losses keep within factors of the round before and of the stratified prior, as feedback on noise would otherwise
run away. The repeat limit follows Muennighoff et al. (arXiv 2305.16264): up to four epochs are nearly as good as fresh text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from resonance.control.case import Case, find_bounds, find_limit
from resonance.control.plan import Plan
from resonance.control.reasons import explain_fixed, explain_moved, explain_shortfall
from resonance.control.shares import water_fill
from resonance.control.verdicts import find_tops, raise_claims
from resonance.control.weightings import ask_shares
from resonance.control.weightings.known import Claim, Known
from resonance.core.settings import DecideSettings
from resonance.core.weighting import Stratified


def weigh(round: int, known: Known, settings: DecideSettings, raised: Mapping[str, str] | None = None) -> Plan:
    """The plan of ``round`` by the weighting of ``settings``; where that follows losses, round 1 has equal shares.

    Slices in ``raised``, each with the cause of its verdict, ask for as much as the bounds of change allow. Where the bounds of
    others leave them less than they have without verdicts, the plan is that without.
    """
    plain = _weigh(round, known, settings)
    if not raised:
        return plain
    plan = _weigh(round, known, settings, raised, find_tops(plain.weights, raised, known, settings))
    return plan if all(plan.weights[name] >= plain.weights[name] for name in raised) else plain


def _weigh(
    round: int,
    known: Known,
    settings: DecideSettings,
    raised: Mapping[str, str] | None = None,
    tops: Mapping[str, float] | None = None,
) -> Plan:
    weighting = settings.weighting
    parameters = Stratified() if round == 1 and not weighting.is_fixed else weighting.parameters
    claims = ask_shares(known, parameters)
    if raised and tops:
        claims = raise_claims(claims, raised, tops, known)
    if weighting.is_fixed or round == 1:
        return keep_claims(round, claims, known, settings, tops=tops)
    cases = _make_cases(claims, known)
    bounds = {name: find_bounds(case, settings, len(cases)) for name, case in cases.items()}
    weights = water_fill({name: case.asked for name, case in cases.items()}, bounds)
    note = explain_shortfall(weights)
    reasons = {name: explain_moved(cases[name], bounds[name], weight, settings) + note for name, weight in weights.items()}
    return Plan(round, weights, reasons, cases)


def keep_claims(
    round: int,
    claims: Mapping[str, Claim],
    known: Known,
    settings: DecideSettings,
    because: str = "",
    tops: Mapping[str, float] | None = None,
) -> Plan:
    """The plan that gives each slice what is claimed for it, as far as the repeat limit allows.

    Args:
        round: the round of the plan.
        claims: shares, each with the name of what it is.
        known: what is known about the slices.
        settings: the bounds.
        because: what each reason begins with.
        tops: how high single slices may rise besides.
    """
    cases = _make_cases(claims, known)
    bounds = {name: find_limit(case).clamped("verdict", 0.0, (tops or {}).get(name, math.inf)) for name, case in cases.items()}
    weights = water_fill({name: case.asked for name, case in cases.items()}, bounds)
    note = explain_shortfall(weights)
    reasons = {name: because + explain_fixed(cases[name], weight, settings) + note for name, weight in weights.items()}
    return Plan(round, weights, reasons, cases)


def stratify(limit: Mapping[str, float], settings: DecideSettings) -> dict[str, float]:
    """Equal shares for all slices, as far as the repeat limit allows: the prior of every weighting."""
    even = dict.fromkeys(sorted(limit), 1 / max(len(limit), 1))
    known = Known(prior=even, previous=even, limit=limit, held=even)
    return dict(keep_claims(1, ask_shares(known, Stratified()), known, settings).weights)


def _make_cases(claims: Mapping[str, Claim], known: Known) -> dict[str, Case]:
    return {
        name: Case(
            known.previous[name],
            known.prior[name],
            known.limit[name],
            claims[name].share,
            claims[name].reason,
            known.held.get(name, 0.0),
        )
        for name in sorted(known.limit)
    }

"""All operators, one module a group of metrics."""

from __future__ import annotations

from resonance.assess.operators.accessibility import ACCESSIBILITY
from resonance.assess.operators.accuracy import ACCURACY
from resonance.assess.operators.balance import BALANCE
from resonance.assess.operators.completeness import COMPLETENESS
from resonance.assess.operators.consistency import CONSISTENCY
from resonance.assess.operators.density import DENSITY
from resonance.assess.operators.diversity import DIVERSITY
from resonance.assess.operators.normativity import NORMATIVITY
from resonance.assess.operators.originality import ORIGINALITY
from resonance.assess.operators.relevance import RELEVANCE
from resonance.assess.operators.timeliness import TIMELINESS
from resonance.assess.operators.traceability import TRACEABILITY
from resonance.core.operator import Operator

OPERATORS: tuple[Operator, ...] = (
    *COMPLETENESS,
    *NORMATIVITY,
    *ACCURACY,
    *TIMELINESS,
    *CONSISTENCY,
    *DENSITY,
    *DIVERSITY,
    *BALANCE,
    *RELEVANCE,
    *ORIGINALITY,
    *TRACEABILITY,
    *ACCESSIBILITY,
)
"""Every operator, group by group."""

BY_ID = {operator.id: operator for operator in OPERATORS}

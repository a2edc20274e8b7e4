"""Operators of the curation: frozen values that add columns to rows and keep every row."""

from __future__ import annotations

from resonance.core.operator import Operator
from resonance.curate.operators.content import ContentHash
from resonance.curate.operators.prepare import Prepare

OPERATORS: tuple[Operator, ...] = (Prepare(), ContentHash())
"""What ``clean`` runs, in this order."""

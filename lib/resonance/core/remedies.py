"""What mends a finding: a command of this product, or what to change in the data or its contract."""

from __future__ import annotations

from collections.abc import Mapping

from resonance.core.operator import Operator

BY_OPERATOR: Mapping[str, str] = {
    "pii_free_ratio": "Mask persons: `resonance curate` or `resonance run` again with `--set clean.mask=placeholders`.",
    "secret_free_ratio": "Mask secrets: `resonance curate` or `resonance run` again with `--set clean.mask=placeholders`, then "
    "revoke the keys.",
    "eval_contamination_free_ratio": "Name the evaluation sets by `resonance register NAME FILE`, then `resonance curate` or "
    "`resonance run` again.",
    "lawful_basis_coverage": "Record basis and evidence of each source in source_ledger of the contract; remove sources without "
    "one.",
    "sensitive_column_protection": "Mask or hash the columns that the contract classifies as restricted or confidential.",
    "k_anonymity_attainment": "Coarsen the quasi-identifiers, or leave out rows of rare combinations.",
    "exact_unique_ratio": "Drop equal rows: `resonance curate FILES --workspace DIR` keeps one of each text.",
    "near_duplicate_free_ratio": "Drop near duplicates: `resonance curate FILES --workspace DIR --dedup minhash`.",
    "text_form_pass_rate": "Cut texts by rules: `resonance judge --policy by_language --workspace DIR` shows what would be cut.",
    "repetition_pass_rate": "Cut repetitive texts: `resonance curate FILES --workspace DIR --rules by_language`.",
    "encoding_cleanliness": "Read the files again in their encoding: `resonance curate FILES --workspace DIR` mends characters.",
    "schema_conformance": "Bring columns and types in line with the contract, or raise the contract's version.",
    "value_domain_validity": "Correct the values that break rules of the contract, or the rules where they are wrong.",
    "drop_accounting_balance": "Find the run that lost rows by its counts, and run it again.",
    "template_free_ratio": "Leave out texts that were filled into one template, or keep a few of each.",
    "licence_compatibility": "Name the licence of each source, and leave out those whose licence does not allow the purpose.",
}
"""Where the way to mend is the operator's own."""

BY_METRIC: Mapping[int, str] = {
    1: "Collect more rows where the target is missed, or lower the target in adaqDeclared of the contract.",
    2: "Fill the required fields at their source, and drop rows that were cut off.",
    3: "Collect rows of the domains that the contract lists and the data lacks.",
    4: "Collect rows of the tasks that the contract lists, with every field that they need.",
    5: "Correct form at the source, or cut what breaks it.",
    6: "Mask what names a person before the data is released.",
    7: "Remove unsafe rows, and sources where they are many.",
    8: "Correct the rows that break a claim, from their source.",
    9: "Add texts of the domain, and replace deprecated terms.",
    10: "Collect newer rows, or leave out those that are too old.",
    11: "Collect sooner after rows are made.",
    12: "Process rows sooner after they are collected.",
    13: "Publish versions as often as the contract promises.",
    14: "Sharpen the guideline, and have conflicting labels decided by a third person.",
    15: "Map spellings and codes to the controlled lists.",
    16: "Drop copies.",
    17: "Leave out texts that say little.",
    18: "Collect rows with the values that are missing or rare.",
    19: "Collect texts of the lengths and kinds that are missing.",
    20: "Add sources and channels.",
    21: "Add tasks, or draw rare tasks more often.",
    22: "Add domains, or draw them in the shares that the contract declares.",
    23: "Add languages and groups that are missing.",
    24: "Collect rows of rare classes, or draw them more often.",
    25: "Draw from large sources less often, or add others.",
    26: "Leave out rows of other domains.",
    27: "Leave out rows that do not fit their task, or complete their fields.",
    28: "Leave out text that does not belong to its context.",
    29: "Add data of your own, and record the origin of each source.",
    30: "Leave out what other public datasets hold already.",
    31: "Record place, collector, method and licence of each row, and list its source in source_ledger.",
    32: "Record runs with rows in, out and cut: jobs of `resonance run` do.",
    33: "Record author, reason and run with each commit, and keep versions readable.",
    34: "State licence, permitted uses and a contact in licence_terms of the contract.",
    35: "Describe each column with type, unit and example, and supply a card.",
    36: "Name channel, owner, response time and escalation in support and team of the contract.",
}
"""Where it is that of the metric."""


def find_remedy(operator: Operator) -> str:
    """What mends a finding of an operator, in English."""
    return BY_OPERATOR.get(operator.id) or BY_METRIC[operator.metric]

"""Reads what the contract of a dataset promises an assessment; every mistake is named, none is passed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from resonance.assess.arrays import check_rule, spell_value
from resonance.assess.methods.promises import TYPES
from resonance.assess.operators import BY_ID, OPERATORS
from resonance.core.adaq import ALWAYS, METRICS
from resonance.core.dataset import ENTRIES, FIELDS, MODALITIES, STAGES, Choice, DatasetContract, Promise, Relationship
from resonance.core.errors import ContractError

OWN = ("adaqStage", "adaqModalities", "adaqRoles", "adaqDeclared", "adaqNotApplicable", "adaqStrata")
"""Custom properties that an assessment reads."""
NAMES = frozenset(name for operator in OPERATORS for given in operator.inputs for name in given.split("|")) | {
    *("place", "collector", "method", "licence", "source_uri", "collected_at", "created_at", "available_at"),
    *(
        "prompt",
        "response",
        "question",
        "answer",
        "chosen",
        "rejected",
        "purpose",
        "target_params",
        "min_tokens",
        "max_age",
        "tables",
        "archive_manifest",
    ),
}
"""What roles and declarations may be called."""
TERMS = ("support", "team", "slaProperties", "roles", "servers", "name", "description", "tags", "authoritativeDefinitions")
"""Parts of a contract that speak of all its tables."""
OF_CHOICES = ("operator", "params", "floor", "blocking")
"""Keys of what a quality rule sets of an operator."""
OF_ABSENCES = ("metric", "reason", "approvedBy")
"""Keys of a metric that is declared not applicable."""
MOST_INAPPLICABLE = 6
RULES = ("enum", "pattern", "minimum", "maximum", "minLength", "maxLength")
PAIRS = (("minimum", "maximum"), ("minLength", "maxLength"))


def parse_dataset(text: str, where: str, table: str | None = None) -> DatasetContract:
    """The promises of one table of a contract.

    Args:
        text: YAML of ODCS v3.2.0.
        where: what errors call the contract: its file.
        table: which of its tables; None for its only one.

    Raises:
        ContractError: one line that lists every problem.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContractError(f"contract {where} is no YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, Mapping) or not isinstance(document.get("schema"), list):
        raise ContractError(f"contract {where}: not an ODCS v3 contract: it has no schema")
    found = choose_table(document["schema"], where, table)
    own = list_own(document) | list_own(found)
    columns = [column for column in found.get("properties") or () if isinstance(column, Mapping) and column.get("name")]
    quality = [rule for rule in (*(found.get("quality") or ()), *(document.get("quality") or ())) if isinstance(rule, Mapping)]
    links = list_relationships(found, columns)
    problems = [
        *find_wrong_terms(own),
        *find_wrong_relationships(links),
        *find_wrong_columns(found.get("properties")),
        *find_wrong_rules(columns),
        *find_wrong_choices(quality),
        *find_wrong_absences(own),
    ]
    if problems:
        raise ContractError(f"contract {where}: {'; '.join(problems)}")
    return DatasetContract(
        table=str(found.get("name", "")),
        version=str(document.get("version", "")),
        stage=own["adaqStage"],
        modalities=frozenset(own["adaqModalities"]),
        columns=tuple(read_promise(column) for column in columns),
        roles={str(role): str(name) for role, name in (own.get("adaqRoles") or {}).items()},
        declared=own.get("adaqDeclared") or {},
        invariants=dict(read_invariants(quality)),
        choices={given["operator"]: read_choice(given) for given in list_choices(quality)},
        not_applicable={int(entry["metric"]): _explain(entry) for entry in own.get("adaqNotApplicable") or ()},
        strata=tuple(own.get("adaqStrata") or ()),
        relationships=read_relationships(found, links),
        terms={name: document[name] for name in TERMS if name in document},
        unread=tuple(list_unread(quality, columns)),
    )


def choose_table(tables: Sequence[Any], where: str, table: str | None) -> Mapping[str, Any]:
    """The schema object of a table.

    Raises:
        ContractError: there is none of that name, or several and none is named.
    """
    known = [each for each in tables if isinstance(each, Mapping)]
    fitting = [each for each in known if table is None or each.get("name") == table]
    if len(fitting) != 1:
        names = ", ".join(str(each.get("name")) for each in known) or "none"
        asked = f"holds no table {table}" if table else "holds several tables or none"
        way = "" if table or not known else "; name one by --table"
        raise ContractError(f"contract {where} {asked}; there are: {names}{way}")
    return fitting[0]


def list_own(element: Mapping[str, Any]) -> dict[str, Any]:
    """Custom properties by name."""
    given = element.get("customProperties") or ()
    return {entry["property"]: entry.get("value") for entry in given if isinstance(entry, Mapping) and "property" in entry}


def read_promise(column: Mapping[str, Any]) -> Promise:
    """What is promised of a column."""
    own, rules = list_own(column), list_rules(column)
    return Promise(
        str(column["name"]),
        str(column.get("logicalType") or ""),
        str(column.get("physicalType") or ""),
        bool(column.get("required", False)),
        rules,
        tuple(map(str, own.get("missingValues") or ())),
        str(column.get("classification") or ""),
        str(column.get("description") or ""),
        tuple(column.get("examples") or ()),
        str(own.get("unit") or ""),
    )


def list_rules(column: Mapping[str, Any]) -> dict[str, Any]:
    """The rules that values of a column must keep to."""
    options = column.get("logicalTypeOptions") or {}
    rules = {name: options[name] for name in RULES if isinstance(options, Mapping) and name in options}
    given = column.get("enum")
    if not given:
        return rules
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) and "value" in entry for entry in given):
        return {**rules, "enum": None}
    return {**rules, "enum": [entry["value"] for entry in given]}


def list_relationships(table: Mapping[str, Any], columns: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The foreign keys that a table and its columns declare; those of a column name it as ``from``."""
    whole = table.get("relationships") or ()
    of_columns = [
        {"from": column["name"], **link} if isinstance(link, Mapping) else link
        for column in columns
        for link in column.get("relationships") or ()
    ]
    return [
        link for link in (*whole, *of_columns) if not isinstance(link, Mapping) or link.get("type", "foreignKey") == "foreignKey"
    ]


def read_relationships(table: Mapping[str, Any], links: Sequence[Any]) -> tuple[Relationship, ...] | None:
    """The foreign keys of a table; none where it lists none, as ``relationships: []`` says, None where nothing is said."""
    known = tuple(link for given in links if (link := read_relationship(given)) is not None)
    return known if known or table.get("relationships") == [] else None


def read_relationship(given: Any) -> Relationship | None:
    """A foreign key; None where it does not name as many columns as keys of one table."""
    sides = [given.get(side) if isinstance(given, Mapping) else None for side in ("from", "to")]
    own, theirs = ([side] if isinstance(side, str) else side if isinstance(side, list) else [] for side in sides)
    # ODCS has two spellings: customers.id, and schema/customers/properties/id.
    ends = [str(end).removeprefix("/").removeprefix("schema/").replace("/properties/", ".").rpartition(".") for end in theirs]
    tables = {table for table, _, _ in ends}
    if not own or len(own) != len(ends) or len(tables) != 1 or not all(table and key for table, _, key in ends):
        return None
    columns = (str(name).replace("/properties/", ".").rpartition(".")[2] for name in own)
    return Relationship(tuple(columns), tables.pop(), tuple(key for _, _, key in ends))


def find_wrong_relationships(links: Sequence[Any]) -> Iterator[str]:
    """Foreign keys that nobody can follow."""
    yield from (
        f"relationship {given!r} must name as many columns of one table in to, such as customers.id, as in from"
        for given in links
        if read_relationship(given) is None
    )


def list_choices(quality: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """What the contract sets of operators."""
    given = [rule.get("implementation") for rule in quality if rule.get("engine") == "adaq"]
    return [entry for entry in given if isinstance(entry, Mapping) and "operator" in entry]


def read_choice(given: Mapping[str, Any]) -> Choice:
    """The parameters that a contract sets of an operator, and the floor where it blocks."""
    floor = given.get("floor")
    return Choice(given.get("params") or {}, float(floor) if floor is not None and given.get("blocking", True) else None)


def read_invariants(quality: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Claims about each row, by name."""
    yield from ((_name_rule(rule, place), rule["implementation"]) for place, rule in enumerate(quality) if _holds_in_rows(rule))


def list_unread(quality: Sequence[Mapping[str, Any]], columns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Quality rules that nothing here reads, each with its kind: queries for other tools, and whatever rules a column has."""
    for place, rule in enumerate(quality):
        if rule.get("engine") != "adaq" and not _holds_in_rows(rule):
            yield _name_unread(rule, place)
    for column in columns:
        rules = [rule for rule in column.get("quality") or () if isinstance(rule, Mapping)]
        yield from (f"{column['name']}.{_name_unread(rule, place)}" for place, rule in enumerate(rules))


def find_wrong_terms(own: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with stage, modalities, roles and declarations."""
    yield from (
        f"unknown property {name}: there are {', '.join(OWN)}" for name in own if name.startswith("adaq") and name not in OWN
    )
    if own.get("adaqStage") not in STAGES:
        yield f"adaqStage must be one of {', '.join(STAGES)}"
    given = own.get("adaqModalities")
    if not isinstance(given, list) or not given or any(name not in MODALITIES for name in given):
        yield f"adaqModalities must list kinds of data among {', '.join(MODALITIES)}"
    for name in ("adaqRoles", "adaqDeclared"):
        values = own.get(name) or {}
        if not isinstance(values, Mapping):
            yield f"{name} must hold names and values"
        else:
            yield from (f"{name}: no operator asks for {key}" for key in values if key not in NAMES)
    if not isinstance(own.get("adaqStrata") or [], list):
        yield "adaqStrata must list columns"
    yield from find_wrong_fields(own.get("adaqDeclared"))


def find_wrong_fields(declared: Any) -> Iterator[str]:
    """Keys inside of declarations that nothing reads."""
    for name, given in declared.items() if isinstance(declared, Mapping) else ():
        listed = list(given.values()) if isinstance(given, Mapping) else given if isinstance(given, list) else []
        entries = [given] if name in FIELDS else listed if name in ENTRIES else []
        known = FIELDS.get(name) or ENTRIES.get(name, ())
        wrong = dict.fromkeys(str(key) for entry in entries if isinstance(entry, Mapping) for key in entry if key not in known)
        yield from (f"{name} in adaqDeclared: {_refuse(key, known)}" for key in wrong)


def find_wrong_columns(given: Any) -> Iterator[str]:
    """Columns that are none, that stand twice, or whose type the standard does not know."""
    if not isinstance(given or [], list) or not all(isinstance(column, Mapping) and column.get("name") for column in given or []):
        yield "properties must list columns, each with a name"
        return
    names = [str(column["name"]) for column in given or []]
    yield from (f"column {name} stands twice" for name in dict.fromkeys(names) if names.count(name) > 1)
    for column in given or []:
        if (kind := column.get("logicalType")) and kind not in TYPES:
            yield f"column {column['name']}: logicalType {kind} is none of {', '.join(TYPES)}"


def find_wrong_rules(columns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Rules of columns that contradict each other, or that nothing can keep to."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for column in columns:
        rules, name = list_rules(column), column["name"]
        bounds = {rule: rules[rule] for rule in rules if rule not in ("enum", "pattern")}
        wrong = [rule for rule, value in bounds.items() if not isinstance(value, int | float) or isinstance(value, bool)]
        yield from (f"column {name}: {rule} must be a number" for rule in wrong)
        for low, high in PAIRS:
            if low in bounds and high in bounds and not wrong and bounds[low] > bounds[high]:
                yield f"column {name}: {low} {bounds[low]} is above {high} {bounds[high]}"
        if "enum" in rules and rules["enum"] is None:
            yield f"column {name}: enum must list entries that each hold a value, as ODCS 3.2 has them"
        if "pattern" in rules:
            try:
                pc.match_substring_regex(pa.array([""]), str(rules["pattern"]))
            except pa.ArrowInvalid as error:
                yield f"column {name}: pattern {rules['pattern']!r} cannot be used: {' '.join(str(error).split())}"
                continue
        if not wrong:
            yield from (f"column {name}: {problem}" for problem in find_forbidden(rules))


def find_forbidden(rules: Mapping[str, Any]) -> Iterator[str]:
    """Listed values that another rule of the same column forbids."""
    import pyarrow as pa

    listed = list(dict.fromkeys(spell_value(value) for value in rules.get("enum") or () if value is not None))
    for rule, bound in rules.items():
        if rule != "enum":
            kept = check_rule(pa.array(listed, pa.string()), rule, bound).to_pylist()
            broken = [value for value, good in zip(listed, kept, strict=True) if not good]
            yield from (f"its enum lists {value}, which {rule} {bound} forbids" for value in broken)


def find_wrong_choices(quality: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Unknown operators and parameters, and floors that are none."""
    for rule in quality:
        if rule.get("engine") == "adaq" and not (
            isinstance(rule.get("implementation"), Mapping) and "operator" in rule["implementation"]
        ):
            yield f"quality rule {rule.get('id') or rule.get('name')}: its implementation names no operator"
    named = [str(given["operator"]) for given in list_choices(quality)]
    yield from (f"{name} is set by {named.count(name)} quality rules" for name in dict.fromkeys(named) if named.count(name) > 1)
    for given in list_choices(quality):
        operator, params, floor = BY_ID.get(given["operator"]), given.get("params") or {}, given.get("floor")
        if operator is None:
            yield f"unknown operator {given['operator']}: see `resonance operators`"
            continue
        yield from (f"{operator.id}: {_refuse(key, OF_CHOICES)}" for key in given if key not in OF_CHOICES)
        if not isinstance(params, Mapping):
            yield f"{operator.id}: params must hold names and values"
        else:
            there = ", ".join(operator.defaults) or "none"
            yield from (
                f"{operator.id} has no parameter {name}: there are {there}" for name in params if name not in operator.defaults
            )
            wrong = [name for name, value in params.items() if not _fits(operator.defaults.get(name), value)]
            yield from (f"{operator.id}: {name} must be a number" for name in wrong)
            whole = {**operator.defaults, **{name: value for name, value in params.items() if name not in wrong}}
            yield from (
                f"{operator.id}: {low} {whole[low]} must be below {high} {whole[high]}"
                for low, high in list_bounds(operator.defaults)
                if {low, high} & set(params) and whole[low] >= whole[high]
            )
        if floor is not None and (not isinstance(floor, int | float) or not 0 <= floor <= 1):
            yield f"{operator.id}: its floor must be between 0 and 1"


def list_bounds(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Parameters of which the first must stay below the second: between them a score rises or falls."""
    yield from (pair for pair in (("lo", "hi"), ("a", "b"), ("b", "c"), ("c", "d")) if set(pair) <= set(params))


def find_wrong_absences(own: Mapping[str, Any]) -> Iterator[str]:
    """Metrics that may not be declared not applicable, or without a reason and a name."""
    given = own.get("adaqNotApplicable") or []
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        yield "adaqNotApplicable must list metrics, each with reason and approvedBy"
        return
    if len(given) > MOST_INAPPLICABLE:
        yield f"{len(given)} metrics are declared not applicable; {MOST_INAPPLICABLE} may be"
    yield from (f"adaqNotApplicable: {_refuse(key, OF_ABSENCES)}" for entry in given for key in entry if key not in OF_ABSENCES)
    for entry in given:
        number = entry.get("metric")
        if number not in {metric.number for metric in METRICS}:
            yield f"adaqNotApplicable: no metric {number}"
        elif number in ALWAYS:
            yield f"metric {number} is never not applicable"
        elif not entry.get("reason") or not entry.get("approvedBy"):
            yield f"metric {number} is declared not applicable without reason or approvedBy"


def _holds_in_rows(rule: Mapping[str, Any]) -> bool:
    """Whether a quality rule is a claim about each row, in words of SQL."""
    return rule.get("type") == "custom" and rule.get("engine") != "adaq" and isinstance(rule.get("implementation"), str)


def _name_rule(rule: Mapping[str, Any], place: int) -> str:
    return str(rule.get("name") or rule.get("id") or place)


def _name_unread(rule: Mapping[str, Any], place: int) -> str:
    return f"{_name_rule(rule, place)} ({rule.get('type', 'library')})"  # the standard's kind where none is named


def _refuse(key: object, known: Sequence[str]) -> str:
    return f"nothing reads {key}: there are {', '.join(known)}"


def _explain(entry: Mapping[str, Any]) -> str:
    return f"{entry['reason']} (approved by {entry['approvedBy']})"


def _fits(default: object, value: object) -> bool:
    return not isinstance(default, int | float) or (
        isinstance(value, int | float) and not isinstance(value, bool) and value == value
    )

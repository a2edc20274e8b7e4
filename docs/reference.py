"""Writes the reference pages when the documentation is built: from commands, settings, jobs, contracts, policies and weightings.

A hook of mkdocs. Nothing in it repeats what the code declares.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from typer.main import get_command

from resonance.assess.operators import OPERATORS
from resonance.cli import app
from resonance.core.adaq import GROUPS, METRICS
from resonance.core.operator import MODES, PASSES
from resonance.core.settings import Config
from resonance.core.table import list_tables as find_tables
from resonance.core.weighting import Weighting
from resonance.factory import JOBS, TRYING
from resonance.runtime import resources
from resonance.runtime.policies import known_policies, load_policy
from resonance.runtime.weightings import known_weightings, load_weighting
from resonance.tables import TABLES


def list_commands() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield "# Commands\n\nWhat `resonance COMMAND --help` says.\n"
    group: Any = get_command(app)
    for name, command in _walk_commands(group):
        text = inspect.cleandoc(command.help or "").replace("[b]", "`").replace("[/b]", "`")
        yield f"## {name}\n\n{text}\n"
        rows = [(_spell(given), _clean(getattr(given, "help", None)), _default(given)) for given in command.params]
        yield from _table(("argument or option", "meaning", "default"), [row for row in rows if row[0] != "`--help`"])


def _walk_commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name; of a group, those that it holds."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _walk_commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def list_settings() -> Iterator[str]:
    """Every setting with its type, default and meaning, by section."""
    yield "# Settings\n\nLayers of YAML, later ones win: the defaults below, `conf/base.yaml`, `conf/env`, `conf/jobs`,"
    yield "`--conf FILE`, `--set section.key=value`. Unknown keys are refused before anything runs.\n"
    own = [(name, field) for name, field in Config.model_fields.items() if not _is_section(field.annotation)]
    yield "## Top level\n"
    yield from _fields(own, "")
    for name, field in Config.model_fields.items():
        if _is_section(field.annotation):
            yield f"## {name}\n\n{_first(field.annotation.__doc__)}\n"
            yield from _fields(list(field.annotation.model_fields.items()), f"{name}.")


def list_jobs() -> Iterator[str]:
    """Every job: what it reads and writes, how often it runs, which settings it takes."""
    yield "# Jobs\n\nIn the order in which the loop runs them. Each but those of campaigns is a script in `jobs/` too.\n"
    for job in (*JOBS, *TRYING):
        yield f"## {job.name}\n\n{_first(job.run.__doc__)}\n"
        read, written = find_tables(job.reads), find_tables((*job.writes, *job.appends))
        yield from _table(
            ("reads", "writes", "runs once for each"),
            [(_names(read) or "the sources", _names(written), {"corpus": "corpus"}.get(job.per, job.per))],
        )


def list_tables() -> Iterator[str]:
    """Every table with its columns, key and rules, from its contract."""
    yield "# Tables\n\nEach has a contract in `data_contracts/` (Open Data Contract Standard 3.2), which is enforced on write.\n"
    for table in TABLES:
        contract = resources.contract(table)
        key = ", ".join(f"`{name}`" for name in contract.key)
        yield f"## {table.name}\n\n{_clean(contract.meaning)} Contract {contract.version}; key: {key}.\n"
        columns = [(f"`{c.name}`", f"`{c.type}`", "no" if c.required else "yes", _clean(c.meaning)) for c in contract.columns]
        yield from _table(("column", "type", "null", "meaning"), columns)
        if contract.rules:
            yield from _table(
                ("rule", "holds for every row"), [(f"`{r.name}`", f"`{_clean(r.expression)}`") for r in contract.rules]
            )


def list_policies() -> Iterator[str]:
    """Every policy that travels with the code, rule by rule."""
    yield "# Policies\n\nRules that cut documents; name one with `--rules`, or write your own: [how](../how-to/policy.md).\n"
    for name in known_policies():
        policy = load_policy(name)
        yield f"## {policy.title}\n\nSignals of `{policy.profile}`, rewriting `{policy.rewrite}`.\n"
        rows = [
            (
                f"`{rule.rule}`",
                f"`{rule.signal}`",
                *("" if limit is None else f"{limit:g}" for limit in (rule.below, rule.above)),
                ", ".join(map(str, rule.among or ())),
            )
            for rule in policy.rules
        ]
        if rows:
            yield from _table(("rule", "signal", "cuts below", "cuts above", "cuts what is not in"), rows)


def list_weightings() -> Iterator[str]:
    """Every weighting that travels with the code: what it does, what it reads and costs, and its parameters."""
    yield "# Weightings\n\nHow what is known about slices becomes weights of a plan; `decide.weighting` names one, or a file.\n"
    for name in known_weightings():
        weighting = load_weighting(name)
        kind = weighting.parameters
        yield f"## {weighting.title}\n\n{_first(kind.__doc__)} Kind `{kind.kind}`; {weighting.cost}.\n"
        rows = [
            (f"`{key}`", _write_value(getattr(kind, key)), _clean(field.description))
            for key, field in type(kind).model_fields.items()
            if key != "kind"
        ]
        if rows:
            yield from _table(("parameter", "value", "meaning"), rows)


def _write_value(value: object) -> str:
    return f"{value:g}" if isinstance(value, int | float) else f"`{value}`" if value else "–"


def list_operators() -> Iterator[str]:
    """Every operator of an assessment, by group and metric. This page is committed, so that a change of it is seen."""
    yield from OPERATORS_HEAD.splitlines()
    yield from _table(("letter", "measured"), [(f"`{mode}`", meaning) for mode, meaning in MODES.items()])
    yield from _table(("pass", "reads"), [(f"`{name}`", meaning) for name, meaning in PASSES.items()])
    head = ("metric", "operator", "data", "score", "inputs", "defaults", "how", "pass", "source", "computed")
    for group in GROUPS:
        yield f"## {group.number} {group.english} {group.chinese}\n"
        numbers = {
            metric.number: f"{metric.number} {metric.english} {metric.chinese}" for metric in METRICS if metric.group == group[0]
        }
        own = [operator for operator in OPERATORS if operator.metric in numbers]
        rows = [
            (
                numbers[operator.metric],
                f"`{operator.id}`{' core' if operator.core else ''}",
                ", ".join(operator.modalities),
                _clean(operator.meaning) + (f"; floor {operator.floor:g}" if operator.floor is not None else ""),
                ", ".join(" or ".join(f"`{name}`" for name in given.split("|")) for given in operator.inputs),
                ", ".join(f"`{name}` {value}" for name, value in operator.defaults.items()),
                operator.mode,
                operator.passes,
                operator.source,
                "yes" if operator.bind else "not yet",
            )
            for operator in own
        ]
        yield from _table(head, rows)


OPERATORS_HEAD = """\
# Operators

How a dataset is assessed: every operator measures one of 36 metrics in 12 groups, as a score between 0 (bad) and 1 (good). The
groups and metrics are those of Table 3 of the Guide to Building High-Quality AI Datasets (CAICT 2025), "guide" below; "report" is
the report on resonance of models and data (CAICT and CRRC, 2026), "own" a definition of this product.

`N` counts rows. `up(x; a, b)` rises from 0 at a to 1 at b, and `down` falls; `cap(x; t)` is x / t, 1 at most; `band(x; a, b, c,
d)` is 0 below a, 1 from b to c, 0 above d; `even` is the entropy of shares over that of equal ones, `hill` its exponential; `jsd`
the Jensen-Shannon divergence in bits; `tv` half the sum of differences; `HHI` the sum of squares; `hl(t; h)` halves with every h;
`lcb95` and `ucb95` are bounds of 95 % intervals.

"""
COMMITTED = Path(__file__).parent / "reference" / "operators.md"


PAGES: Mapping[str, Callable[[], Iterator[str]]] = {
    "commands": list_commands,
    "settings": list_settings,
    "jobs": list_jobs,
    "tables": list_tables,
    "policies": list_policies,
    "weightings": list_weightings,
}


def on_files(files: Any, config: Any) -> Any:
    """Add the pages to those of the site."""
    from mkdocs.structure.files import File

    for name, lines in PAGES.items():
        files.append(File.generated(config, f"reference/{name}.md", content="\n".join(lines()) + "\n"))
    return files


def _fields(fields: list[tuple[str, Any]], before: str) -> Iterator[str]:
    rows = [(f"`{before}{name}`", _type(field.annotation), _value(field), _clean(field.description)) for name, field in fields]
    yield from _table(("setting", "type", "default", "meaning"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _type(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if get_origin(kind) in (Union, UnionType):
        return " or ".join("empty" if part is NoneType else _type(part) for part in get_args(kind))
    return f"`{kind.__name__ if isinstance(kind, type) and not get_args(kind) else kind}`"


def _value(field: Any) -> str:
    value = field.get_default(call_default_factory=True)
    value = value.title if isinstance(value, Weighting) else value
    return "required" if field.is_required() else f"`{value}`" if value not in ("", None, (), {}) else "empty"


def _names(tables: Any) -> str:
    return ", ".join(f"[`{table.name}`](tables.md#{table.name})" for table in tables)


def _first(text: str | None) -> str:
    return _clean(inspect.cleandoc(text or "").split("\n\n")[0])


def _clean(text: str | None) -> str:
    return " ".join((text or "").replace("``", "`").split())


def _spell(given: Any) -> str:
    return f"`{given.opts[0]}`" if given.param_type_name == "option" else f"`{given.metavar or given.name}`"


def _default(given: Any) -> str:
    return "required" if given.required else "" if given.default in (None, False, ()) else f"`{given.default}`"


if __name__ == "__main__":
    COMMITTED.parent.mkdir(exist_ok=True)
    COMMITTED.write_text("\n".join(list_operators()) + "\n", encoding="utf-8")

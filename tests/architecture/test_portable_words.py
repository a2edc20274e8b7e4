"""Jobs say what both engines understand alike: bare forms that differ stand in one module each, and nothing asks who computes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "lib" / "resonance"
ENGINES = "runtime/engines/"
NAMES = {"embedded", "spark"}
CLASSES = {"EmbeddedEngine", "SparkEngine"}
TAKES = {"collect", "limit", "first", "toPandas"}
"""What keeps the order of a sort; a write and a kernel do not, on the embedded engine."""


def called(node: ast.AST) -> str:
    """The last name of what is called, where something is."""
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "attr", getattr(node.func, "id", ""))


def calls(*names: str) -> Callable[[ast.AST], bool]:
    """Calls by name, or in SQL that is given as text."""
    in_text = re.compile(rf"\b({'|'.join(names)})\s*\(")

    def found(node: ast.AST) -> bool:
        return called(node) in names or (isinstance(node, ast.Constant) and bool(in_text.search(str(node.value))))

    return found


def names(*wanted: str) -> Callable[[ast.AST], bool]:
    """Attributes and names."""
    return lambda node: getattr(node, "attr", getattr(node, "id", "")) in wanted


def repartitions_without_number(node: ast.AST) -> bool:
    if called(node) not in {"repartition", "repartitionByRange"}:
        return False
    first = node.args[0] if node.args else None
    text = isinstance(first, ast.Constant) and not isinstance(first.value, int)
    column = isinstance(first, ast.Call) and ast.unparse(first.func).startswith("F.")
    return first is None or text or column or isinstance(first, ast.Starred)


def lowers_hex(node: ast.AST) -> bool:
    in_call = called(node) == "lower" and any(called(argument) == "hex" for argument in node.args)
    return in_call or (isinstance(node, ast.Constant) and "lower(hex(" in str(node.value))


def sorts_for_nobody(node: ast.AST) -> bool:
    """A sort whose rows are not taken at once. The order of a window is another matter."""
    if called(node) != "orderBy":
        return False
    root = ast.unparse(node.func.value)
    above = node.parent if isinstance(node.parent, ast.Attribute) else None
    return not root.startswith("Window.") and (above is None or above.attr not in TAKES)


def orders_all_rows(node: ast.AST) -> bool:
    return called(node) == "orderBy" and ast.unparse(node.func) == "Window.orderBy"


def compares_structs(node: ast.AST) -> bool:
    if called(node) in {"min_by", "max_by"}:
        compared = node.args[1:]
    else:
        compared = node.args if called(node) in {"min", "max", "array_min", "array_max"} else []
    return any(called(part) == "struct" for argument in compared for part in ast.walk(argument))


def runs_sql(node: ast.AST) -> bool:
    return called(node) == "sql" and isinstance(node.func, ast.Attribute)


def imports_engine(node: ast.AST) -> bool:
    module = "resonance.runtime.engines"
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(module):
        return any(f"{node.module}.{alias.name}".startswith((f"{module}.embedded", f"{module}.spark")) for alias in node.names)
    return isinstance(node, ast.Import) and any(a.name.startswith((f"{module}.embedded", f"{module}.spark")) for a in node.names)


def asks_who_computes(node: ast.AST) -> bool:
    """Comparisons with an engine's name, except of ``train.launch``, which names a way to start ranks; checks of its class."""
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        launch = any(getattr(side, "attr", "") == "launch" for side in sides)
        values = {part.value for side in sides for part in ast.walk(side) if isinstance(part, ast.Constant)}
        return not launch and bool(values & NAMES)
    if isinstance(node, ast.MatchValue):
        return isinstance(node.value, ast.Constant) and node.value.value in NAMES
    if called(node) in {"isinstance", "issubclass"}:
        return bool({part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)} & CLASSES)
    return called(node) == "is_remote"


@dataclass(frozen=True)
class Form:
    """A form that stands nowhere but in a few modules.

    Args:
        instead: what to write.
        allowed: modules or folders, below the package.
        caught: code that has it; ``free`` is code beside it that has not.
    """

    name: str
    instead: str
    finds: Callable[[ast.AST], bool]
    caught: tuple[str, ...]
    free: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


FORMS = (
    Form(
        "a kernel",
        "frames.map_batches: it checks types, and names the row of an error",
        calls("mapInArrow", "mapInPandas", "applyInArrow", "applyInPandas"),
        ("rows.mapInArrow(kernel, schema)", "rows.groupBy('k').applyInPandas(f, s)"),
        ("map_batches(rows, kernel, schema)",),
        ("core/frames.py",),
    ),
    Form(
        "rows of the driver made into a frame",
        "frames.make_frame: of a plain list, tasks in Python read the rows on Spark",
        calls("createDataFrame"),
        ("spark.createDataFrame([], schema)",),
        ("make_frame(spark, [], schema)",),
        ("core/frames.py", "testing/frames.py", "testing/memory.py"),
    ),
    Form(
        "small letters of hex digits",
        "frames.write_hex: lower loads tables of Unicode for two seconds",
        lowers_hex,
        ("F.lower(F.hex('a'))", "F.expr('lower(hex(a))')"),
        ("F.lower('a')", "write_hex('a')"),
    ),
    Form(
        "row_number",
        "frames.rank_rows: one engine refuses the usual frame where the first key is binary",
        calls("row_number"),
        ("F.row_number().over(w)", "row_number()", "rows.selectExpr('row_number() OVER (PARTITION BY a ORDER BY b) AS n')"),
        ("rank_rows(['a'], ['b'])", "row_number = 3"),
        ("core/frames.py",),
    ),
    Form(
        "a sort within partitions",
        "frames.group_rows: a sort before a kernel or a write is left out",
        calls("sortWithinPartitions"),
        ("rows.sortWithinPartitions('a').write",),
    ),
    Form(
        "a sort whose rows nobody takes at once",
        "frames.group_rows, or sort where rows are collected: a sort before a kernel or a write is left out",
        sorts_for_nobody,
        ("rows.orderBy('a').write.parquet(p)", "ordered = rows.orderBy('a')", "map_batches(rows.orderBy('a'), k, s)"),
        ("rows.orderBy('a').collect()", "rows.orderBy('a').limit(3)", "Window.partitionBy('a').orderBy('b')"),
    ),
    Form(
        "a window over all rows",
        "frames.rank_rows within a column that all rows share",
        orders_all_rows,
        ("Window.orderBy('a')",),
        ("Window.partitionBy('a').orderBy('b')",),
    ),
    Form(
        "approximate quantiles",
        "frames.find_quantiles: approximate ones differ between the engines",
        calls("percentile_approx", "approx_percentile", "approxQuantile", "approx_count_distinct"),
        ("F.percentile_approx('a', [0.5])", "F.expr('percentile_approx(a, 0.5)')", "rows.approxQuantile('a', [0.5], 0)"),
        ("F.percentile('a', 0.5)",),
    ),
    Form(
        "the least or largest of structs",
        "fields that are never null, then name the module here: the engines order null fields differently, silently",
        compares_structs,
        ("F.min(F.struct('a', 'b'))", "F.max(F.when(c, F.struct('a')))", "F.array_max(F.transform(x, lambda n: F.struct(n)))"),
        ("F.min('a')", "F.struct(F.min('a'))", "F.sort_array(F.collect_list(F.struct('a')))", "F.min_by(F.struct('a'), 'b')"),
        ("curate/ingest.py", "curate/trials.py", "report/sections/pairs.py", "states/history.py", "states/labels.py"),
    ),
    Form(
        "a local checkpoint",
        "the checkpoint that a job is given; testing.hold in tests",
        calls("localCheckpoint"),
        ("rows.localCheckpoint()",),
        ("checkpoint(rows, 'name')",),
    ),
    Form(
        "a repartition by key without a number",
        "say into how many: one engine makes one part",
        repartitions_without_number,
        ("rows.repartition('key')", "rows.repartition(F.col('key'))", "rows.repartition(*keys)", "rows.repartition()"),
        ("rows.repartition(8, 'key')", "rows.repartition(max(1, n))", "rows.repartition(tasks)"),
    ),
    Form(
        "monotonically_increasing_id",
        "a key of the rows, or a kernel that counts: the engines number rows differently",
        calls("monotonically_increasing_id"),
        ("F.monotonically_increasing_id() + 1", "F.expr('monotonically_increasing_id()')"),
        (),
        ("curate/sources/delta.py",),  # the number tells people where a row stood; it names none
    ),
    Form("an RDD", "data frames: there is none without a JVM", names("rdd"), ("rows.rdd.map(f)",), ("rdd_like.x",)),
    Form(
        "the SparkContext or the JVM",
        "data frames: there is none",
        names("sparkContext", "_jsc", "_jvm", "_jdf", "_jsparkSession"),
        ("spark.sparkContext.parallelize(r)", "spark._jvm.java"),
        (),
        ("runtime/ranks/launch.py",),
    ),
    Form(
        "SQL statements",
        "the catalog: tables lie in folders as well",
        runs_sql,
        ("spark.sql('SELECT 1')", "self._spark.sql(text)"),
        ("F.expr('a + 1')", "from pyspark.sql import Row"),
        ("runtime/storage/spark_catalog.py",),
    ),
    Form(
        "Delta tables",
        "the catalog",
        names("DeltaTable"),
        ("DeltaTable.forName(spark, name)", "t = DeltaTable(path)"),
        (),
        ("runtime/storage/folder.py",),
    ),
    Form(
        "the question who computes",
        "a method of Engine: nothing outside runtime/engines knows which one runs",
        asks_who_computes,
        (
            "name == 'embedded'",
            "if settings.engine != 'spark': f()",
            "engine in ('spark', 'other')",
            "isinstance(engine, SparkEngine)",
            "isinstance(x, (int, spark.EmbeddedEngine, EmbeddedEngine))",
            "match name:\n    case 'embedded':\n        f()",
            "is_remote()",
        ),
        ("settings.launch == 'spark'", "needs = ('spark', 'catalog')", "isinstance(rows, DataFrame)", "name == 'sparkle'"),
        (ENGINES, "runtime/doctor.py"),  # the doctor tells what each of them lacks
    ),
    Form(
        "an engine by its module",
        "runtime.engines.session, which chooses one",
        imports_engine,
        (
            "from resonance.runtime.engines.spark import open_spark",
            "from resonance.runtime.engines import embedded",
            "import resonance.runtime.engines.embedded",
        ),
        ("from resonance.runtime.engines.session import open_engine", "from resonance.runtime.engines.engine import Engine"),
        (ENGINES,),
    ),
)


def nodes(source: str) -> Iterator[ast.AST]:
    """All nodes but docstrings, each with its ``parent``."""
    tree = ast.parse(source)
    for parent in ast.walk(tree):
        for child in ast.iter_child_nodes(parent):
            child.parent = parent
            documents = isinstance(parent, ast.Expr) and isinstance(child, ast.Constant)
            if not documents:
                yield child


@cache
def modules() -> dict[str, list[ast.AST]]:
    """The nodes of each module of the package."""
    paths = sorted(PACKAGE.rglob("*.py"))
    return {path.relative_to(PACKAGE).as_posix(): list(nodes(path.read_text(encoding="utf-8"))) for path in paths}


def places(form: Form) -> dict[str, list[str]]:
    """Where the package has a form, by module."""
    found = {
        module: [f"lib/resonance/{module}:{node.lineno}" for node in held if form.finds(node)] for module, held in modules().items()
    }
    return {module: lines for module, lines in found.items() if lines}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_the_package_has_it_nowhere_else(form: Form) -> None:
    found = [place for module, lines in places(form).items() if not module.startswith(form.allowed or ("-",)) for place in lines]
    assert not found, f"{form.name} at {', '.join(found)}: use {form.instead}"


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_it_would_be_found(form: Form) -> None:
    assert [code for code in form.caught if not any(map(form.finds, nodes(code)))] == []
    assert [code for code in form.free if any(map(form.finds, nodes(code)))] == []


@pytest.mark.parametrize("form", [form for form in FORMS if form.allowed], ids=lambda form: form.name)
def test_it_stands_where_it_may(form: Form) -> None:
    """An exception that nobody needs is none."""
    assert [allowed for allowed in form.allowed if not any(module.startswith(allowed) for module in places(form))] == []

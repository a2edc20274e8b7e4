"""Texts: whether they are whole, sound, well formed and not repetitive; how many tokens and terms they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from resonance.assess.arrays import read_texts
from resonance.assess.columns import Holds, Inverse
from resonance.assess.lines import Field, OffTopic
from resonance.assess.mappings import cap, down
from resonance.assess.methods.shares import bind_share, judge_share, read_goal
from resonance.assess.texts import CELLS, MOSTLY_HAN, Compressed, Glance, Mentions, MentionsSeveral, Sound, Whole
from resonance.core.binding import Asked, Bound, Finding, InapplicableError, UnmeasurableError
from resonance.core.parts import SCALE, Part, State

PERSONAL = ("emails", "cn_mobiles", "phones", "cn_ids", "bank_cards", "passports", "plates", "ipv4s", "ipv6s")
"""Signals of set ``privacy`` that name a person."""
REPETITION = {
    "dup_line_frac": "max_dup_lines",
    "dup_para_frac": "max_dup_paragraphs",
    "dup_line_char_frac": "max_dup_line_chars",
    "dup_para_char_frac": "max_dup_paragraph_chars",
    **{f"top_{n}_gram": f"max_top_{n}" for n in (2, 3, 4)},
    **{f"duplicated_{n}_n_grams": f"max_dup_{n}" for n in range(5, 11)},
}
"""The parameter that limits each signal of repetition, in words. Gopher 2021."""
REPETITION_OF_CHARACTERS = {
    "dup_line_frac": "max_dup_lines",
    "dup_line_char_frac": "max_dup_line_chars",
    "repeated_8_chars": "max_repeated_8_chars",
    "repeated_16_chars": "max_repeated_16_chars",
}
"""The same of Chinese, which has no spaces between words: limits of policy ``zh`` (decision 0018)."""


@dataclass(frozen=True)
class Within:
    """Whether signals lie within their bounds, where each is ``(signal, least, most)``.

    Args:
        undefined: what a signal counts as that is not defined for a text.
    """

    bounds: tuple[tuple[str, float, float], ...]
    undefined: bool = False

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        found = []
        for name, least, most in self.bounds:
            values = batch.column(name)
            found.append(pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most)).fill_null(self.undefined))
        return reduce(pc.and_, found)


@dataclass(frozen=True)
class ByScript:
    """Whether signals lie within bounds: those for Chinese where most letters of a text are Han characters, else the others."""

    others: Within
    chinese: Within

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        is_chinese = pc.greater_equal(batch.column("chinese.han_ratio"), MOSTLY_HAN).fill_null(False)
        return pc.if_else(is_chinese, self.chinese(batch), self.others(batch))


@dataclass(frozen=True)
class Unrepetitive:
    """Whether a text is there, and stays under every limit of repetition."""

    text: Holds
    limits: ByScript

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return pc.and_(self.text(batch), self.limits(batch))


@dataclass(frozen=True)
class Holding:
    """Whether one of several counts is above zero; null is not."""

    names: tuple[str, ...]

    def __call__(self, batch: Any) -> Any:
        """One flag a row."""
        import pyarrow.compute as pc

        return reduce(pc.or_, (pc.greater(batch.column(name), 0).fill_null(False) for name in self.names))


@dataclass(frozen=True)
class Tokens:
    """Tokens of each row: as a column says, or estimated from a text's Han characters and other bytes.

    Args:
        column: the column of their number, or of the text.
        estimated: whether it is the text.
        least: rows with fewer give nothing.
        below: rows with as many or more give nothing.
    """

    column: str
    estimated: bool
    per_han: float
    per_other: float
    least: float = 0.0
    below: float = float("inf")

    def __call__(self, batch: Any) -> Any:
        """One number a row."""
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.estimated:
            many = batch.column(self.column).cast(pa.float64())
        else:
            han = batch.column("chinese.n_han").cast(pa.float64()).fill_null(0.0)
            other = pc.subtract(pc.binary_length(read_texts(batch.column(self.column))).cast(pa.float64()), pc.multiply(han, 3.0))
            many = pc.add(
                pc.divide(han, self.per_han), pc.divide(pc.max_element_wise(other, 0.0, skip_nulls=False), self.per_other)
            )
        chosen = pc.and_(pc.greater_equal(many, self.least), pc.less(many, self.below))
        return pc.if_else(chosen, many, pa.scalar(None, pa.float64()))


@dataclass(frozen=True)
class Banded:
    """A number mapped to 1 between ``b`` and ``c``, falling to 0 at ``a`` and ``d``."""

    of: Any
    a: float
    b: float
    c: float
    d: float

    def __call__(self, batch: Any) -> Any:
        """One number a row; null where there is none."""
        import pyarrow.compute as pc

        values = self.of(batch)
        rise = pc.divide(pc.subtract(values, self.a), self.b - self.a)
        fall = pc.divide(pc.subtract(self.d, values), self.d - self.c)
        return pc.max_element_wise(pc.min_element_wise(rise, fall, 1.0, skip_nulls=False), 0.0, skip_nulls=False)


def bind_whole(asked: Asked) -> Bound:
    """Rows whose text is whole."""
    column = asked.column("text")
    return bind_share(asked, Whole(column), frozenset({column}), column)


def bind_sound(asked: Asked) -> Bound:
    """Rows whose text is of sound characters."""
    column = asked.column("text")
    return bind_share(asked, Sound(column, Glance(column)), frozenset({column}), column, signals=frozenset({"any_language"}))


def bind_form(asked: Asked) -> Bound:
    """Rows whose text is well formed."""
    column, given = asked.column("text"), asked.params
    many = float("inf")
    english = Within(
        (
            ("datatrove.n_words", given["min_words"], given["max_words"]),
            ("datatrove.mean_word_length", given["min_mean_word_length"], given["max_mean_word_length"]),
            ("datatrove.hash_ratio", 0.0, given["max_symbol_ratio"]),
            ("datatrove.ellipsis_ratio", 0.0, given["max_symbol_ratio"]),
            ("datatrove.bullet_line_ratio", 0.0, given["max_bullet_lines"]),
            ("datatrove.end_ellipsis_line_ratio", 0.0, given["max_ellipsis_lines"]),
            ("datatrove.alpha_word_ratio", given["min_alpha_words"], 1.0),
            ("datatrove.stop_words", given["min_stop_words"], many),
        )
    )
    chinese = Within(
        (
            ("chinese.n_han", given["min_words"], given["max_words"]),
            ("any_language.letter_ratio", given["min_han_letter_ratio"], 1.0),
            ("chinese.function_words", given["min_function_words"], many),
        )
    )
    sets = frozenset({"datatrove", "chinese", "any_language"})
    return bind_share(asked, ByScript(english, chinese), frozenset({column}), column, signals=sets)


def bind_repetition(asked: Asked) -> Bound:
    """Rows whose text repeats itself little."""
    column = asked.column("text")
    words, characters = (
        Within(tuple((f"{chosen}.{name}", 0.0, asked.params[limit]) for name, limit in limits.items()), undefined=True)
        for chosen, limits in (("datatrove", REPETITION), ("any_language", REPETITION_OF_CHARACTERS))
    )
    flag = Unrepetitive(Holds(column), ByScript(words, characters))
    return bind_share(asked, flag, frozenset({column}), column, signals=frozenset({"datatrove", "any_language", "chinese"}))


def bind_compression(asked: Asked) -> Bound:
    """The mean over texts of how close their compressed size is to that of prose; a record is shorter than what zlib adds to it."""
    if not asked.holds_texts:
        raise InapplicableError("the contract declares records and no texts: a record is too short to be compressed")
    column, given = asked.column("text"), asked.params
    parts = {
        "score": Part("sum", Banded(Compressed(column), *(given[name] for name in "abcd"))),
        "texts": Part("count", Holds(column)),
    }

    def judge(state: State) -> Finding | None:
        mean = state["score"] / SCALE / state["texts"] if state["texts"] else None
        return None if mean is None else Finding(min(1.0, mean), mean, state["texts"])

    return Bound(judge, parts, frozenset({column}))


def bind_off_topic(asked: Asked) -> Bound:
    """Characters of lines that are of a text's matter, of those of all its lines."""
    column = asked.column("text")
    found = OffTopic(column, asked.params["max_link_density"], int(asked.params["min_words"]), Glance(column))
    parts = {name: Part("sum", Field(found, name)) for name in ("whole", "off")} | {"texts": Part("count", Holds(column))}

    def judge(state: State) -> Finding | None:
        shared = judge_share(state["whole"] - state["off"], state["whole"])
        return None if shared is None else Finding(shared.score, shared.raw, state["texts"])

    return Bound(judge, parts, frozenset({column}))


def bind_personal(asked: Asked) -> Bound:
    """How rare rows are that name a person, before any masking: in the text, or in columns of texts that no code list fills."""
    flag, signals = Holding(tuple(f"privacy.{name}" for name in PERSONAL)), frozenset({"privacy"})
    if asked.holds_texts:
        return bind_rarity(asked, flag, signals)
    listed = {column.name for column in asked.contract.columns if "enum" in column.rules}
    cells = [name for name in asked.list_single("string") if name not in listed]
    if not cells:
        raise UnmeasurableError("the table has no column of texts but those for which the contract states an enum")
    words = f"concat_ws(' | ', {', '.join(f'`{name}`' for name in cells)})"
    return bind_rarity(asked, flag, signals, {CELLS: words})


def bind_secrets(asked: Asked) -> Bound:
    """How rare rows are that hold what opens a door."""
    return bind_rarity(asked, Holding(("privacy.secrets",)), frozenset({"privacy"}))


def bind_rarity(asked: Asked, flag: Holding, signals: frozenset[str], cells: Mapping[str, str] | None = None) -> Bound:
    """How rare rows are for which a flag is set, between the rates ``lo`` and ``hi``; these rows are the evidence.

    Args:
        asked: the table.
        flag: what is rare.
        signals: the sets that it looks at.
        cells: an SQL expression by its name, on which they are measured where the table has no text.
    """
    column, reads = (asked.column("text"), {asked.column("text")}) if cells is None else (next(iter(cells)), set[str]())
    shared = bind_share(asked, Inverse(flag), frozenset(reads), signals=signals, expressions=cells or {})
    low, high = asked.params["lo"], asked.params["hi"]

    def judge(state: State) -> Finding | None:
        found = judge_share(state["rows"] - state["good"], state["texts"])
        return None if found is None else Finding(down(found.raw, low, high), found.raw, state["texts"])

    return replace(shared, judge=judge, parts={**shared.parts, "texts": Part("count", Holds(column))})


def bind_tokens(asked: Asked) -> Bound:
    """Tokens, of the number that was promised or that the model's size asks for."""
    declared = asked.contract.declared
    if "target_params" in declared and "min_tokens" not in declared:
        goal = read_goal(asked, "target_params") * asked.params["tokens_per_parameter"]
    else:
        goal = read_goal(asked, "min_tokens")
    given = asked.params
    tokens, reads, sets = count_tokens(asked, given["chars_per_han_token"], given["bytes_per_other_token"])

    def judge(state: State) -> Finding:
        many = state["tokens"] / SCALE
        return Finding(cap(many, goal), many)

    return Bound(judge, {"tokens": Part("sum", tokens)}, reads, signals=sets)


def bind_length_bands(asked: Asked) -> Bound:
    """Bands of lengths that hold a share of the tokens."""
    bounds = (0.0, *map(float, asked.params["bounds"]), float("inf"))
    least = asked.params["min_share"]
    parts = {}
    reads, sets = frozenset[str](), frozenset[str]()
    for place, (low, high) in enumerate(zip(bounds[:-1], bounds[1:], strict=True)):
        tokens, reads, sets = count_tokens(asked, 1.5, 4.0, low, high)
        parts[f"band {place}"] = Part("sum", tokens)

    def judge(state: State) -> Finding | None:
        whole = sum(state[name] for name in parts)
        reached = sum(state[name] >= least * whole for name in parts)
        return Finding(reached / len(parts), reached) if whole else None

    return Bound(judge, parts, reads, signals=sets)


def bind_term_density(asked: Asked) -> Bound:
    """Domain terms for each thousand tokens, of what the domain's reference texts have."""
    column, terms = asked.column("text"), list_phrases(asked, "terminology", "terms")
    tokens, reads, sets = count_tokens(asked, 1.5, 4.0)
    parts = {"terms": Part("sum", Mentions(column, terms)), "tokens": Part("sum", tokens)}

    def judge(state: State) -> Finding | None:
        if not state["tokens"]:
            return None
        density = 1000 * state["terms"] / state["tokens"]
        return Finding(cap(density, asked.params["reference_density"]), density)

    return Bound(judge, parts, reads | {column}, signals=sets)


def bind_term_standardness(asked: Asked) -> Bound:
    """Standard terms, of all terms that occur in a standard, deprecated or forbidden form."""
    column, terms = asked.column("text"), list_phrases(asked, "terminology", "terms")
    given = asked.declared("terminology")
    wrong = tuple(str(word) for kind in ("deprecated", "forbidden") for word in given.get(kind) or ())
    if not wrong:
        raise UnmeasurableError("terminology in adaqDeclared lists neither deprecated nor forbidden terms")
    parts = {"good": Part("sum", Mentions(column, terms)), "bad": Part("sum", Mentions(column, wrong))}

    def judge(state: State) -> Finding | None:
        found = judge_share(state["good"], state["good"] + state["bad"])
        return None if found is None else Finding(found.score, found.raw)

    return Bound(judge, parts, frozenset({column}))


def bind_keywords(asked: Asked) -> Bound:
    """Rows with several distinct terms of the domain."""
    column, terms = asked.column("text"), list_phrases(asked, "terminology", "terms")
    return bind_share(asked, MentionsSeveral(column, terms, int(asked.params["min_terms"])), frozenset({column}), column)


def bind_groups(asked: Asked) -> Bound:
    """Declared groups of people that are mentioned often enough."""
    column, lexicon, least = asked.column("text"), asked.declared("group_lexicon"), asked.params["min_mentions"]
    if not isinstance(lexicon, Mapping) or not lexicon or not all(isinstance(words, list) and words for words in lexicon.values()):
        raise UnmeasurableError("group_lexicon in adaqDeclared must list words of each group")
    parts = {str(group): Part("sum", Mentions(column, tuple(map(str, words)))) for group, words in lexicon.items()}

    def judge(state: State) -> Finding:
        reached = sum(state[group] >= least * SCALE for group in parts)
        return Finding(reached / len(parts), reached)

    return Bound(judge, parts, frozenset({column}))


def count_tokens(
    asked: Asked, per_han: float, per_other: float, least: float = 0.0, below: float = float("inf")
) -> tuple[Tokens, frozenset[str], frozenset[str]]:
    """What counts tokens, with the columns and the sets of signals that it looks at."""
    column = asked.column_or_none("n_tokens")
    if column is not None:
        return Tokens(column, False, per_han, per_other, least, below), frozenset({column}), frozenset()
    text = asked.column("text")
    return Tokens(text, True, per_han, per_other, least, below), frozenset({text}), frozenset({"chinese"})


def list_phrases(asked: Asked, name: str, part: str) -> tuple[str, ...]:
    """Phrases that the contract declares.

    Raises:
        UnmeasurableError: it declares none.
    """
    given = asked.declared(name)
    phrases = given.get(part) if isinstance(given, Mapping) else None
    if not isinstance(phrases, list) or not any(str(phrase).strip() for phrase in phrases):
        raise UnmeasurableError(f"{name} in adaqDeclared must list {part}")
    return tuple(map(str, phrases))

"""Which items a text holds: as plain Python says."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance.curate.kernels.contamination.contamination import METHODS, hits, hits_plainly
from resonance.curate.kernels.contamination.evaluation_index import NAMED, index

LONG = "The miller opens the second gate in spring so that the stones do not run too fast, and his daughter counts the sacks"
SHORT = "How many sacks of flour does the miller count"
ITEMS = [LONG, SHORT, "Yes", "中文字章句读" * 8, "春天的水漫过草地", f"{SHORT} today", "<p>no</p>", LONG.replace(" ", r"\n", 9)]
LEAST = 0.4

MARKS = ["\n", "<br>", "</b>", r"\n", "&NBSP;", "&lt;p&gt;", r"\u4e2d", "%20"]
WORDS = st.sampled_from(["Yes", "no", "中文", "字章", "句读", *LONG.split(), *SHORT.split(), SHORT, *MARKS])
PIECES = st.one_of(WORDS, st.sampled_from([LONG, LONG[:70], LONG[50:], "中文字章句读" * 5]))


def found(items: list[str], text: str | None) -> dict[int, tuple[str, float]]:
    told = hits(pa.array(["x", text, None], pa.string()), index(pa.array(items, pa.string())), LEAST)
    assert set(told.rows.tolist()) <= {1}
    pairs = zip(told.methods.tolist(), told.values.tolist(), strict=True)
    return {item: (METHODS[method], value) for item, (method, value) in zip(told.items.tolist(), pairs, strict=True)}


@settings(max_examples=200)
@given(pieces=st.lists(PIECES, max_size=12), between=st.sampled_from([" ", " ", "<br>", r"\n"]))
def test_the_kernel_says_what_the_definition_says(pieces: list[str], between: str) -> None:
    """But for what no seed shows: with what is fuzzy it says no more than the definition, and what it says is its own window's."""
    text = between.join(pieces)
    expected, told = hits_plainly(ITEMS, text, LEAST), found(ITEMS, text)
    certain = {item: hit for item, hit in expected.items() if hit[0] != "fuzzy"}
    assert {item: hit for item, hit in told.items() if hit[0] != "fuzzy"} == certain
    for item, (method, value) in told.items():
        assert expected[item][0] == method
        assert LEAST <= value <= expected[item][1] or method != "fuzzy"


@pytest.mark.parametrize(
    ("text", "item", "method"),
    [
        (f"Before. {LONG.upper()}! After.", 0, "ngram"),
        (" ".join(LONG.split()[3:16]), 0, "ngram"),
        ("x " + LONG.replace("miller", "baker").replace("second", "third").replace("stones", "wheels"), 0, "fuzzy"),
        (f"Q: {SHORT}? A: ten", 1, "exact"),
        ("yes!", 2, "exact"),
        ("前" + "中文字章句读" * 5 + "後", 3, "ngram"),
        ("他说春天的水漫过草地。", 4, None),
        ("春天的水漫过草地。", 4, "exact"),
        (" ".join(LONG.split()[3:15]) + " nothing else of it is here, only words of another kind altogether", 0, "fuzzy"),
        ("yes and no", 2, None),
        ("The stones run fast in spring, and the sacks are not the miller's.", 0, None),
        ("", 2, None),
        (None, 2, None),
        ("word", 2, None),
        ("x" * 300_000, 0, None),
    ],
)
def test_what_a_text_holds(text: str | None, item: int, method: str | None) -> None:
    assert found(ITEMS, text).get(item, (None,))[0] == method


def test_no_items_and_items_without_words() -> None:
    assert found([], LONG) == found(["", "?"], LONG) == {}


def test_items_of_one_run_of_words_and_the_text_is_known_by_the_first() -> None:
    items = [f"{LONG} in year {n}" for n in range(NAMED + 5)]
    by_runs = {item for item, (method, _) in found(items, LONG).items() if method == "ngram"}
    assert by_runs == set(range(NAMED))
    assert found(items, LONG).keys() == set(range(len(items)))  # the others hold most of it nearly


def test_more_hits_than_there_was_room_for() -> None:
    items = [f"{LONG} in year {n}" for n in range(60)] + [f"Who was it that came to us in {n}" for n in range(200)]
    text = " ".join(items)
    assert found(items, text).keys() == set(range(260))


SPACES = (
    *("&nbsp;", "&#160;", "&#xA0;", "&ensp;", "&emsp;", "&thinsp;", "&#8239;", "&NewLine;", "&Tab;", "&nbsp"),
    *("&amp;nbsp;", "&amp;amp;#160;", "\u00a0", "\u2003", "\u202f", "\u3000", "\u2028", "\t", "\r\n", " &mdash; "),
    *("&NBSP;", "&Nbsp;", "&NBSP", "&EMSP;", "&#160", "&#X20;", "&ZeroWidthSpace;", "\u200b", "\u2060", "\ufeff"),
    *("<br>", "<BR/>", "<br />", "</p><p class='x'>", "<!-- -->", "&lt;br&gt;", "<wbr> ", "</b> <i>"),
    *(r"\n", r"\t", r"\r\n", r"\\n", r"\u0020", r"\u00a0", r"\xa0", r"\u003cbr\u003e", r"\u0026nbsp;", "%20"),
)


@pytest.mark.parametrize("space", SPACES)
def test_an_item_is_found_whatever_parts_its_words(space: str) -> None:
    assert found(ITEMS, f"Before. {LONG.replace(' ', space)} After.")[0][0] == "ngram"
    assert found(ITEMS, SHORT.replace(" ", space))[1] == ("exact", 1.0)
    assert found([LONG.replace(" ", space)], f"Before. {LONG} After.")[0][0] == "ngram"


def test_letters_that_are_entities_are_letters() -> None:
    item = "Où est la bibliothèque, demandait l'élève à sa mère près de l'église du village où il était né"
    assert (
        found([item], "x &amp; " + item.replace("é", "&eacute;").replace("è", "&egrave;").replace("à", "&#224;"))[0][0] == "ngram"
    )


def test_letters_that_are_escapes_are_letters() -> None:
    item = "春天的水漫过草地，磨坊主人打开第二道闸门，他的女儿数着麻袋，直到太阳落到山后"
    escaped = json.dumps({"text": f"前{item}後"})
    assert found([item], escaped)[0][0] == "ngram"
    assert found([escaped], f"前{item}後")[0][0] == "ngram"


@pytest.mark.parametrize(
    "item",
    [
        r"Prove that \nabla \times \theta is \nu and that \rho over \tau falls below \varphi for each \upsilon in the field",
        "Write what <int> and <string> and <br> and <img src=a> do in vector<int> of a page, and where <b> ends the line at once",
        r"Which of \n and \t and \r ends a line",
        "A <br> B <hr> C <td> D <th> E",
    ],
)
def test_items_that_hold_such_signs_themselves_are_found_as_they_stand(item: str) -> None:
    assert found([item], item)[0][0] in ("ngram", "exact")
    assert found([item], f"Before. {item} After.")[0][0] in ("ngram", "exact")
    without = item.replace("\\", "").replace("<", "").replace(">", "")
    assert found([item], without)[0][0] in ("ngram", "exact")
    if len(item) > 60:  # what is shown of others has less than eight words
        assert found([item], json.dumps(f"Before.\n{item}\nAfter."))[0][0] == "ngram"


def test_of_a_text_that_holds_an_item_in_several_ways_the_first_and_greatest_is_told() -> None:
    hidden = LONG.replace(" ", "<br>")
    assert found([LONG], f"{hidden}\n{LONG}")[0] == ("ngram", 2.0 * found([LONG], LONG)[0][1])
    assert found([LONG, SHORT], hidden).keys() == {0}


def test_what_is_left_of_an_item_of_tags_is_no_item_of_every_page() -> None:
    """Its two words are sought as a whole document only."""
    item = "<ul><li><a href='x'>Home</a></li><li><a href='y'>Help</a></li></ul>"
    assert found([item], "<p>Home</p> <p>Help</p> and much more of a page") == {}
    assert found([item], "Home<br>Help")[0] == ("exact", 1.0)

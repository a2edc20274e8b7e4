"""Form and repetition of English texts are what the definition of set ``datatrove`` and the rules of policy ``gopher`` say."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tests.unit.assess.conftest import bind_here, gather_here

from resonance.assess.operators import BY_ID
from resonance.core.dataset import DatasetContract
from resonance.curate.kernels.datatrove import datatrove
from resonance.curate.signals import DATATROVE
from resonance.runtime.policies import load_policy

PROSE = (
    "The mill stands where the river bends, and the wheel has turned there for two hundred years. In spring water rises over "
    "meadows, so that the miller opens his second gate: stones would run too fast. Children come to watch flour fall into sacks; "
    "they carry home a loaf, still warm from the oven. Nobody knows who built it, but a name is cut into one beam of the roof."
)
WORDS = PROSE.split()
TEXTS = {
    "sound": PROSE,
    "too short": " ".join(WORDS[:49]),
    "long enough": " ".join(WORDS[:55]),
    "short words": " ".join(["a to be of it"] * 4 + [f"{a}{b} to" for a in "abcdef" for b in "ghijkl"]),
    "long words": " ".join(f"{word}{word}{word}{word}" for word in WORDS),
    "number signs": PROSE + " #" * 9,
    "ellipses": PROSE.replace(". ", "... ").replace(", ", "... ").replace("; ", "... ") + " ..." * 5,
    "bullets": "\n".join(f"- {word} of the {place} and" for place, word in enumerate(WORDS)),
    "cut lines": "\n".join(f"{word} {place} of the…" for place, word in enumerate(WORDS)),
    "numbers": " ".join(f"{place} the {word} {place * 7}" for place, word in enumerate(WORDS)),
    "no stop words": " ".join(word for word in WORDS * 2 if word.lower() not in datatrove.STOP_WORDS),
    "lines again": "\n".join([*[" ".join(WORDS[i : i + 6]) for i in range(0, 60, 6)], *[" ".join(WORDS[:6])] * 5]),
    "paragraphs again": "\n\n".join([PROSE, PROSE, PROSE]),
    "a paragraph again": "\n\n".join([PROSE, PROSE[::-1], " ".join(WORDS[5:]), " ".join(sorted(WORDS)), "And so to the end."]),
    "one pair": " ".join(f"{word} of the" for word in WORDS),
    "ten words again": PROSE + " " + " ".join(WORDS[3:16]),
    "six words again": " ".join([*WORDS[:6], *WORDS[20:60], *WORDS[:6]]),
}
CONTRACT = DatasetContract("texts", "1.0.0", "general", frozenset({"text"}), (), roles={"id": "id", "text": "text"})
FORM = 10
"""Rules of the policy that are about form; the others are about repetition."""


@pytest.mark.parametrize(("operator", "rules"), [("text_form_pass_rate", slice(FORM)), ("repetition_pass_rate", slice(FORM, None))])
def test_operators_say_what_the_profile_says(operator: str, rules: slice) -> None:
    asked = load_policy("gopher").rules[rules]
    told = {name: dict(zip(DATATROVE.names, datatrove.plainly(text), strict=True)) for name, text in TEXTS.items()}
    fallen = {
        name: [
            rule.rule
            for rule in asked
            if (rule.below is not None and values[rule.signal] < rule.below)
            or (rule.above is not None and values[rule.signal] > rule.above)
        ]
        for name, values in told.items()
    }
    types = {"id": pa.string(), "text": pa.string()}
    rows = [{"id": name, "text": text} for name, text in TEXTS.items()]
    state = gather_here(bind_here(BY_ID[operator], CONTRACT, types), rows, types)
    assert state["names"] == sorted(name for name, broken in fallen.items() if broken)
    assert state["good"] == len(TEXTS) - len(state["names"])
    assert not fallen["sound"]
    assert len({rule for broken in fallen.values() for rule in broken}) >= 8, "rules of each kind are broken by some text"

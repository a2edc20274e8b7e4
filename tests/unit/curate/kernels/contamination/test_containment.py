"""The share of an item in a stretch of a text is that of the definition."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from resonance.curate.kernels.contamination.containment import containment, containment_plainly, room


def codes(text: str) -> NDArray[np.uint32]:
    return np.array([ord(c) for c in text], np.uint32)


@settings(max_examples=300)
@given(item=st.text("ab", max_size=20), text=st.text("ab", max_size=60), pad=st.integers(0, 3))
@example(item="abababab", text="xxabababxx", pad=0)
@example(item="abcdef", text="abcde", pad=2)
def test_the_kernel_says_what_the_definition_says(item: str, text: str, pad: int) -> None:
    items, letters = codes("z" * pad + item + "z"), codes("y" * pad + text + "y")
    found = containment(items, pad, pad + len(item), letters, pad, pad + len(text), tuple(room(len(item))))
    assert found == containment_plainly(item, text)


def test_a_text_that_holds_the_item_holds_all_of_it() -> None:
    assert containment_plainly("theitemitself", "before theitemitself after") == 1.0
    assert containment_plainly("theitemitself", "nothing of it at all") == 0.0
    assert containment_plainly("abcdefghij", "abcdefgXij") == 3 / 6

"""What a module names is ours while anybody needs that, and what it was when the last one leaves."""

from __future__ import annotations

from types import SimpleNamespace

from resonance.runtime.ranks.patches import Patch


def test_the_last_one_that_leaves_puts_back_what_was_there() -> None:
    module = SimpleNamespace(log="theirs")
    patch = Patch("log", lambda usual: f"ours, for {usual}")
    first, second = patch.over(module), patch.over(module)
    first.__enter__()
    second.__enter__()
    assert module.log == "ours, for theirs"
    first.__exit__(None, None, None)
    assert module.log == "ours, for theirs", "the second one still needs it"
    second.__exit__(None, None, None)
    assert module.log == "theirs"

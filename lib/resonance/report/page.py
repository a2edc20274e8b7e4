"""Sets blocks into the page template. All text is escaped there; only pictures drawn here pass as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from resonance.report.language import get_language, say
from resonance.report.wording import amount

if TYPE_CHECKING:
    from resonance.report.parts import Block


def render(
    template: str, title: str, sentences: Sequence[str], blocks: Mapping[str, Block], names: Mapping[str, str], **head: object
) -> str:
    """The page as HTML in the language that is spoken now: style and pictures inside, no script, nothing fetched.

    Args:
        template: file of the page's kind.
        title: heading of the page.
        sentences: what a reader should know first.
        blocks: sections by name, in their order; links lead to a block by its name.
        names: what links call sections.
        head: what the template shows above all.
    """
    environment = Environment(
        loader=PackageLoader("resonance.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(say=say, amount=amount, language=get_language())
    style = resources.files("resonance.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    shown = {"title": title, "sentences": sentences, "blocks": blocks, "names": names, "style": Markup(style), **head}
    return environment.get_template(template).render(shown)

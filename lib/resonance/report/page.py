"""Sets blocks into the page template. All text is escaped there; only pictures drawn here pass as they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from datetime import datetime

    from resonance.report.parts import Block
    from resonance.report.summary import Summary


def render(title: str, finished: datetime | None, head: Summary, blocks: Mapping[str, Block]) -> str:
    """The page as HTML, with the blocks in their order: style and pictures inside, no script, nothing fetched.

    Links lead to a block by its name.
    """
    environment = Environment(
        loader=PackageLoader("resonance.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    style = resources.files("resonance.report").joinpath("templates/report.css").read_text(encoding="utf-8")
    ended = finished.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC") if finished else ""
    return environment.get_template("report.html.j2").render(
        title=title, ended=ended, head=head, blocks=blocks, style=Markup(style)
    )

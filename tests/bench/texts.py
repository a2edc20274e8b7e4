"""Files of documentation as texts, by rules simple enough to state.

- HTML: comments, scripts, styles and heads go; white space outside ``<pre>`` is one space; a block element starts a line, a
  paragraph, heading, list, table or ``<pre>`` one behind an empty line, a list item one behind "• "; other tags go, entities
  are resolved.
- Manual pages: comments go, a heading or paragraph macro starts a line behind an empty one, other macros leave what they are
  given, font changes and escapes are resolved.
- Sayings: one text between two lines of a single "%". Everything else is taken as it stands.
"""

from __future__ import annotations

import gzip
import html
import re
from pathlib import Path

GONE = re.compile(r"<!--.*?-->|<!DOCTYPE[^>]*>|<(script|style|head|svg)\b.*?</\1\s*>", re.DOTALL | re.IGNORECASE)
PREFORMATTED = re.compile(r"(<pre\b.*?</pre\s*>)", re.DOTALL | re.IGNORECASE)
PARAGRAPH = re.compile(r"</?(?:p|h[1-6]|ul|ol|dl|table|pre|blockquote|section|article)\b[^>]*>", re.IGNORECASE)
ITEM = re.compile(r"<li\b[^>]*>\s*(?:<p\b[^>]*>)?", re.IGNORECASE)
BLOCK = re.compile(r"</?(?:div|br|tr|dt|dd|li|hr|nav|header|footer|main|body|form|option)\b[^>]*>", re.IGNORECASE)
CELL = re.compile(r"</t[dh]\s*>", re.IGNORECASE)
TAG = re.compile(r"<[^>]*>")
MANY_FEEDS = re.compile(r"[ \t]*\n(?:[ \t]*\n)+[ \t]*")
SPACES = re.compile(r"\s+")

MAN_COMMENT = re.compile(r"^[.']\s*\\\".*\n?", re.MULTILINE)
MAN_BREAK = re.compile(r"^\.\s*(?:SH|SS|PP|P|LP|TP|IP|HP|TH|Sh|Ss|Pp)\b *", re.MULTILINE)
MAN_MACRO = re.compile(r"^[.']\s*[A-Za-z]+ ?", re.MULTILINE)
MAN_FONT = re.compile(r"\\f(?:\[\w*\]|\(..|.)|\\s[+-]?\d+|\\[&|^:/,%c]")
MAN_ESCAPES = {
    "\\(bu": "•",
    "\\-": "-",
    "\\(em": "—",
    "\\(en": "–",
    "\\(aq": "'",
    "\\(dq": '"',
    "\\ ": " ",
    "\\~": " ",
    "\\e": "\\",
}


def read(path: Path) -> str:
    """The file's text, gunzipped where its name says so; bytes that are no UTF-8 become U+FFFD."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.decode("utf-8", "replace")


def from_html(source: str) -> str:
    """The text of an HTML page."""
    pieces = PREFORMATTED.split(GONE.sub("", source))
    pieces[::2] = [SPACES.sub(" ", piece) for piece in pieces[::2]]
    marked = ITEM.sub("\n• ", "".join(pieces))
    marked = CELL.sub(" ", BLOCK.sub("\n", PARAGRAPH.sub("\n\n", marked)))
    text = html.unescape(TAG.sub("", marked))
    return re.sub(r" *\n +(?=\S)", "\n", MANY_FEEDS.sub("\n\n", text)).strip()


def from_man(source: str) -> str:
    """The text of a manual page."""
    text = MAN_MACRO.sub("", MAN_BREAK.sub("\n", MAN_COMMENT.sub("", source)))
    for escape, meant in MAN_ESCAPES.items():
        text = text.replace(escape, meant)
    return MANY_FEEDS.sub("\n\n", MAN_FONT.sub("", text)).strip()


def sayings(source: str) -> list[str]:
    """The texts between lines of a single "%"."""
    return [text for text in re.split(r"^%\n", source, flags=re.MULTILINE) if text.strip()]

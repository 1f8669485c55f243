"""Pure: what users and models wrote, as HTML in which nothing of it runs.

Two walls: Markdown is read without HTML in it, and what comes of it passes a cleaner that knows a
few tags. Images are not loaded and links lead to the web or to mail alone: an output must neither
tell another server that it was read nor act here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup, escape

MAX_MARKDOWN: Final = 50_000
"""Past so many characters a text is shown as it is: laying it out would hold others up."""

Form = Literal["json", "markdown", "text"]

_TAGS: Final = {
    *("a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
    *("mark", "ol", "p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
}
_ATTRIBUTES: Final = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES: Final = {"http", "https", "mailto"}
_LINK: Final = re.compile(r"(?:https?://|mailto:)", re.IGNORECASE)
_PLACEHOLDER: Final = re.compile(r"&lt;([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_[0-9]+)&gt;")
_LAID_OUT: Final = re.compile(
    r"^ {0,3}(?:#{1,6} |```|~~~|> |[-*+] |\d{1,9}[.)] |\|.*\||(?:\* ?){3,}$|-{3,}$)"
    r"|\*\*\S|\]\(https?://",
    re.MULTILINE,
)
_JSON: Final = re.compile(
    r'(?P<name>"(?:[^"\\]|\\.)*")(?=:)|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>\b(?:true|false|null)\b)|(?P<number>-?\b\d[\d.eE+-]*)"
)


def form_of(text: str) -> Form:
    """Return how a text is best shown: JSON, Markdown, or as it is."""
    if text.lstrip()[:1] in ("{", "[") and _read(text) is not None:
        return "json"
    return "markdown" if len(text) <= MAX_MARKDOWN and _LAID_OUT.search(text) else "text"


def rendered(text: str, form: Form) -> Markup:
    """Return a text in a form; one that it has not is shown as it is."""
    if form == "markdown" and len(text) <= MAX_MARKDOWN:
        return markdown(text)
    value = _read(text) if form == "json" else None
    return plain(text) if value is None else pretty(value)


def markdown(text: str) -> Markup:
    """Return Markdown as HTML."""
    html = nh3.clean(
        _MARKDOWN.render(text),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        allowed_classes={"mark": {"private"}},
        link_rel="noopener noreferrer nofollow",
    )
    return Markup(f'<div class="prose">{html}</div>')  # noqa: S704  (cleaned above)


def plain(text: str) -> Markup:
    """Return a text as it is, its placeholders marked."""
    return Markup('<pre class="text">{}</pre>').format(marked(text))


def marked(text: str) -> Markup:
    """Return a text on its own, with marks on what stands for a private value."""
    return Markup(_marks(str(escape(text))))  # noqa: S704  (escaped)


def pretty(value: Any) -> Markup:
    """Return a JSON value, indented, its parts told apart by class."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    pieces, position = [], 0
    for found in _JSON.finditer(text):
        pieces += [escape(text[position : found.start()]), _part(found)]
        position = found.end()
    pieces.append(escape(text[position:]))
    return Markup('<pre class="json">{}</pre>').format(Markup("").join(pieces))


def _part(found: re.Match[str]) -> Markup:
    return Markup('<span class="{}">{}</span>').format(found.lastgroup, marked(found.group()))


def _marks(html: str) -> str:
    return _PLACEHOLDER.sub(
        r'<mark class="private">&lt;\1&gt;</mark>',
        html,
    )


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(_renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return _marks(escapeHtml(tokens[at].content))


def _code(renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return f"<code>{_text(renderer, tokens, at)}</code>"


def _block(renderer: Any, tokens: Sequence[Token], at: int, *_: Any) -> str:
    return f"<pre><code>{_text(renderer, tokens, at)}</code></pre>\n"


def _made() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    made.disable(["image", "html_block", "html_inline"])
    made.validateLink = lambda url: _LINK.match(url) is not None  # type: ignore[method-assign]
    for name, rule in (("text", _text), ("code_inline", _code), ("code_block", _block)):
        made.add_render_rule(name, rule)
    made.add_render_rule("fence", _block)
    return made


_MARKDOWN: Final = _made()

"""Bytes in, displayable text out; displayable text in, one sink's encoding out. Nothing else makes either type.

`Shown` is text that a person may be shown. `Encoded` is `Shown` made harmless for one sink; templates emit nothing
else, so that a forgotten escape is an error and not a hole. Every escape here was verified by drawing it.
"""

from __future__ import annotations

import re
from typing import NewType

Shown = NewType("Shown", str)
"""Displayable text: its only control is LF; nothing in it is invisible, reorders text or is refused by XML 1.0."""


class Encoded(str):
    """Text encoded for one sink."""

    __slots__ = ()


# --- bytes and any text -> Shown ---------------------------------------------------------------------------------

_CONTROL = r"\x00-\x09\x0b-\x1f\x7f"
_NAMED = (  # C1 controls, soft hyphen, joiners and fillers, bidi marks and overrides, line separators, tags
    r"\x80-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_NOTHING = r"\ud800-\udfff\ufdd0-\ufdef" + "".join(rf"\U{plane:04x}fffe\U{plane:04x}ffff" for plane in range(17))
_UNSEEN = re.compile(f"[{_CONTROL}{_NAMED}{_NOTHING}]")


def _stand_in(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    is_nothing = 0xD800 <= code <= 0xDFFF or 0xFDD0 <= code <= 0xFDEF or code & 0xFFFE == 0xFFFE
    return "\ufffd" if is_nothing else f"<U+{code:04X}>"


def shown(text: str) -> Shown:
    """Any text, made displayable.

    CRLF and CR become LF, other controls their U+2400 pictures; what is invisible or reorders text (bidi marks, zero
    width, C1 controls) becomes `<U+202E>`; surrogates and noncharacters become U+FFFD.
    """
    if text.isprintable() and text.isascii():
        return Shown(text)
    return Shown(_UNSEEN.sub(_stand_in, text.replace("\r\n", "\n").replace("\r", "\n")))


def show(raw: bytes) -> Shown:
    """Bytes from the wire, made displayable; `guess_charset` says as what they were read."""
    return shown(raw.decode(guess_charset(raw), "replace"))


def guess_charset(raw: bytes) -> str:
    """`ascii`, `utf-8`, `gb18030` or `latin-1`: the first that fits.

    UTF-8 that was cut within its last character is UTF-8. Most Latin-1 text is valid GB18030 by accident: this needs
    half of its characters among the commonest, GB 2312's level 1 (lead bytes B0 to D7) and punctuation (A1 to A3).
    """
    if raw.isascii():
        return "ascii"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and not raw[: error.start].isascii():
            return "utf-8"
    else:
        return "utf-8"
    try:
        text = raw.decode("gb18030")
    except UnicodeDecodeError:
        return "latin-1"
    wide = [char.encode("gb18030") for char in re.findall(r"[^\x00-\x7f]", text[:65536])]
    common = sum(len(char) == 2 and char[1] >= 0xA1 and (0xB0 <= char[0] <= 0xD7 or 0xA1 <= char[0] <= 0xA3) for char in wide)
    return "gb18030" if 2 * common >= len(wide) else "latin-1"


def clip(text: Shown, limit: int) -> Shown:
    """At most `limit` characters; what was longer ends in an ellipsis."""
    return text if len(text) <= limit else Shown(text[: max(limit - 1, 0)] + "…")


# --- Shown -> Encoded, one function a sink -----------------------------------------------------------------------

_XML = re.compile("[&<>\"'\n]")
_XML_NAMES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;", "\n": "&#10;"}


def xml(text: Shown) -> Encoded:
    """XML or HTML text, or the value of a quoted attribute (so LF is `&#10;`)."""
    return Encoded(_XML.sub(lambda match: _XML_NAMES[match[0]], text))


_ISLAND = re.compile("[<>&\u2028\u2029]")


def json_island(json: str) -> Encoded:
    """A finished JSON text, for `<script type="application/json">`: cannot end the element or open a comment."""
    return Encoded(_ISLAND.sub(lambda match: f"\\u{ord(match[0]):04x}", json))


_PLANTUML = re.compile(
    "[\\\\\"<>\\[\\]%$~&|'!@#{}`\n\u200b]"  # special anywhere
    r"|^[*/_.=^+:;?,()-]"  # special where a line starts
    r"|([*/_.=^+:;?,()-])(?:(?=\1)|(?<=\1\1))",  # special in pairs: both of **
    re.MULTILINE,
)


def plantuml(text: Shown) -> Encoded:
    r"""A PlantUML message, note, quoted name, group label, title: `<U+XXXX>` for each special character, LF is `\n`.

    (`&#N;` and `~` still let `%getenv()` and links through. A zero-width space parts `]]>`: PlantUML 1.2026 writes it
    into its SVG as it is, and no XML reader takes that.)
    """
    parted = text.replace("]]>", "]]\u200b>")
    encoded = _PLANTUML.sub(lambda match: "\\n" if match[0] == "\n" else f"<U+{ord(match[0]):04X}>", parted)
    return Encoded(encoded if encoded.strip() else "<U+200B>")


_MERMAID = re.compile("[#;:%<>&$`\ufb02°¶ß\n]")  # ﬂ ° ¶ ß are Mermaid's own marks for entities
_MERMAID_BOX = re.compile("[#;:%<>&$`\ufb02°¶ß\n()]")


def mermaid(text: Shown) -> Encoded:
    """A Mermaid message, note, alias or title: `#N;` for each special character, LF is `<br/>`.

    Not for the labels of alt, opt, loop and par: Mermaid's wrapping cuts the entities there.
    """
    return _mermaid(_MERMAID, text)


def mermaid_box(text: Shown) -> Encoded:
    """The title of a Mermaid `box`, where parentheses would be read as a colour."""
    return _mermaid(_MERMAID_BOX, text)


def _mermaid(special: re.Pattern[str], text: Shown) -> Encoded:
    encoded = special.sub(lambda match: "<br/>" if match[0] == "\n" else f"#{ord(match[0])};", text).strip()
    if encoded.lower() == "end":
        encoded = f"#{ord(encoded[0])};{encoded[1:]}"
    return Encoded(encoded if text.strip() else "#8203;")


_DOT = re.compile(r"[&<>\n]|\\(?=\\)")
_DOT_NAMES = {**_XML_NAMES, "\\": "\\&#8203;", "\n": "<BR/>"}


def dot(text: Shown) -> Encoded:
    """Text in a Graphviz label of the HTML-like kind: LF is `<BR/>`.

    (Two backslashes are drawn as one, however they are encoded, unless a zero-width space parts them; an element without
    text is a syntax error.)
    """
    encoded = _DOT.sub(lambda match: _DOT_NAMES[match[0]], text)
    return Encoded(encoded if text.strip() else "&#8203;")


_MARKDOWN = re.compile(
    r"[\\`*_\[\]{}<>&|~$!:#@^\"']"  # special anywhere: emphasis, links, HTML, tables, mathematics
    r"|\A[-+= ]|[ ]\Z|(?<=\A\d)[.)]|(?<=\A\d\d)[.)]|(?<=\A\d\d\d)[.)]"  # lists, headings and code, where a line starts
    r"|(?<=-)-|(?<=\.)\.|(?<=www)\.",  # typographic dashes and dots, links without a scheme
    re.IGNORECASE,
)


def markdown(text: Shown) -> Encoded:
    """Markdown within a line, a table's cell or an alt text: a character reference for each special one, LF is a space."""
    return Encoded(_MARKDOWN.sub(lambda match: f"&#{ord(match[0])};", text.replace("\n", " ")))


def markdown_fence(text: Shown, language: str = "") -> Encoded:
    """A whole fenced block, its fence longer than any run of backticks in the text. `language` is a `token`."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if text.endswith("\n") or not text else "\n"
    return Encoded(f"{fence}{token(language)}\n{text}{end}{fence}\n")


def terminal(text: Shown) -> Encoded:
    """One line on a terminal or in a log: LF is shown as U+240A, so that text cannot forge a line."""
    return Encoded(text.replace("\n", "\u240a"))


TOKEN = re.compile(r"[A-Za-z0-9#%(][A-Za-z0-9#%.,:()/ _+*-]*\Z|\Z")


def token(word: str) -> Encoded:
    """A word of our own vocabulary (class, colour, path, font list), harmless in every sink; anything else is refused."""
    if not TOKEN.match(word):
        raise ValueError(f"not a token: {word!r}")
    return Encoded(word)


def file_name(text: str) -> str:
    """Any text in, the stem of a file name out: `[A-Za-z0-9._-]{1,100}` and 8 digits of the text's hash.

    The hash keeps different texts apart; no name starts with a dot or a dash, means a folder, or is reserved.
    """
    from hashlib import blake2b

    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", text).strip(".-")[:91].rstrip(".-")
    return f"{re.sub(r'[.]{2,}', '.', stem) or 'session'}-{digest}"

"""The forms that credentials have as named values and as tokens that tell what they are: in URLs, forms, JSON, headers.

A rule reads text before which a line end was put, so that every line begins with one. A pattern begins with a byte
that a scan finds fast, and backtracks over no more than a bounded number of bytes.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from seqdiag.protocols.base import Secret
from seqdiag.text import show

Reader = Callable[[re.Match[bytes]], Iterator[Secret]]


class Rule(NamedTuple):
    """`pattern` finds where it applies; `read` gives the secrets there, at offsets of the matched text."""

    name: str
    pattern: re.Pattern[bytes]
    read: Reader


BLANKS = r"(?:[ \t]|\r?\n[ \t])++"
LWS = r"(?:[ \t]|\r?\n[ \t])*+"
"""Blanks of a header, folded or not (RFC 9112 §5.2)."""
VALUE = r"(?:[^\r\n]|\r?\n[ \t]){1,65536}+"
END = r"(?=[ \t]*(?:[\r\n]|\Z))"

WORD = re.compile(rb"[a-z]+|[A-Z][a-z]+|[A-Z]{1,8}|[\d.:_-]+")
"""Not worth looking for: a plain word, a number."""


def worth(value: bytes) -> tuple[bytes, ...]:
    """A value, and what it means, if they are worth looking for elsewhere: no plain word, no number."""
    forms = dict.fromkeys((value, unquote_to_bytes(value), re.sub(rb"\\(.)", rb"\1", value)))
    return tuple(form for form in forms if len(form) >= 6 and not WORD.fullmatch(form))


def told(user: bytes | None) -> str | None:
    return str(show(user)) if user else None


def one(match: re.Match[bytes], kind: str, user: bytes | None = None, sure: bool = False) -> Iterator[Secret]:
    """The last group that took part in the match (the whole, where there is none)."""
    group = match.lastindex or 0
    yield Secret(*match.span(group), kind, told(user), (match[group],) if sure else worth(match[group]))


def value(kind: str) -> Reader:
    return lambda match: one(match, kind)


def sure(kind: str) -> Reader:
    """The value of a command that takes nothing else; the group before it, if any, is the user."""
    return lambda match: one(match, kind, match[1] if (match.lastindex or 0) > 1 else None, sure=True)


# -- names and values ----------------------------------------------------------------------------------------------

NAMES: dict[str, str] = {
    "password": "password|passwd|passphrase|passcode|passwort|requirepass|(?<![a-z])pass|(?<![a-z])pwd",
    "token": "(?<!publickey)token|secret|apikey|api[-_]key|access[-_]key|secretkey|secret[-_]key|privatekey|private[-_]key|authkey"
    "|auth[-_]key|secretaccesskey|sessionid|session[-_]id|sessid|(?<![a-z])jwt|samlresponse|signature|assertion",
}
"""How fields that hold a secret are named, at the end of the name; by the kind of the secret."""
WEAK = "[?&#\n]key|[?&#\n]sig|[?&#\n]code|[?&#\n]sid|[?&#\n]auth|[?&#\n]ticket"
"""Parameters of a URL that may hold one."""

FIELD_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.%[]$"
PROGRAM = re.compile(rb"=|[A-Za-z_$][\w$.]*[(\[]|[A-Za-z_$][A-Za-z_$.]*[;,){}|]|(?:None|null|nil|true|false|undefined)\b", re.IGNORECASE)
"""What begins like an expression of a program rather than a value."""


def pair(kind: str) -> Reader:
    """name=value in a URL or a form; elsewhere up to a bracket or comma, and only what is no piece of a program."""

    def read(match: re.Match[bytes]) -> Iterator[Secret]:
        name = match.string[max(match.start() - 64, 0) : match.start()]
        if match.lastindex != 3 or name.rstrip(FIELD_BYTES)[-1:] in (b"?", b"&", b"#", b"\n"):
            yield from one(match, kind)
        elif not PROGRAM.match(match.string, match.start(3)) and (found := re.match(rb"[^,;(){}\[\]|]+", match[3])):
            yield Secret(match.start(3), match.start(3) + found.end(), kind, None, worth(found[0]))

    return read


def header(kind: str) -> Reader:
    """A line that is a name, a colon and one word (not SIP's Session-ID, RFC 7989, which is no secret)."""

    def read(match: re.Match[bytes]) -> Iterator[Secret]:
        line = re.search(rb"\n([ \t]*)[\w-]*\Z", match.string[max(match.start() - 64, 0) : match.start()])
        program = line and line[1] and (match[1].endswith((b",", b";")) or PROGRAM.match(match[1]))
        if line and not program and re.search(rb"\w", match[1]):
            yield from one(match, kind)

    return read


def weak(match: re.Match[bytes]) -> Iterator[Secret]:
    found = match[1]
    if len(found) >= 8 and not re.fullmatch(rb"[a-z_-]+|[A-Z_-]{1,10}|[\d.,-]+", found):
        yield from one(match, "token")


def _after(names: str, mark: str) -> str:
    """Behind a name and the mark that follows it; the mark was matched."""
    return "(?:" + "|".join(f"(?<={name}{mark})" for name in names.split("|")) + ")"


def compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode(), re.IGNORECASE)


BARE = r"""((?:[^\s&;,"'<>\\\0-\x1f]|[;,](?![ \w]{1,32}=)|'(?=[\w%.!*-])){1,65536}+)"""
SYNTAXES: dict[str, tuple[Callable[[str], str], Callable[[str], Reader]]] = {
    "pair": (lambda names: "=" + _after(names, "=") + rf"""(?:"([^"\r\n]{{1,4096}}+)"|'([^'\r\n]{{1,4096}}+)'|{BARE})""", pair),
    "JSON or a multipart form": (
        lambda names: '"' + _after(names, '"') + r'(?:\s*+:\s*+"((?:[^"\\\0-\x1f]|\\.){1,65536}+)|\r\n\r\n([^\r\n]{1,65536}+))',
        value,
    ),
    "header": (lambda names: ":" + _after(names, ":") + rf"{LWS}(?:bearer[ \t]+)?(?!\S{{1,40}};remote=)(\S{{1,65536}}+){END}", header),
    "element": (lambda names: rf">([^<>\s]{{1,4096}}+)</[\w:.-]{{0,40}}?(?:{names})>", value),
}


# -- headers -------------------------------------------------------------------------------------------------------

SCHEMES = "basic|bearer|digest|negotiate|ntlm|token|apikey|aws4-hmac-sha256|aws|hawk|hoba|mutual|oauth|dpop|vapid|gnap|privatetoken"


def authorization(match: re.Match[bytes]) -> Iterator[Secret]:
    """RFC 9110 §11: the scheme stays; of Digest only the response goes (RFC 7616)."""
    scheme = (match["scheme"] or b"").lower()
    group = "rest" if scheme else "last"
    found, start = match[group], match.start(group)
    if scheme == b"digest":
        user = re.search(rb'username="?([^",]*)', found)
        response = re.search(rb'\bresponse="?([^",\s]*)', found)
        if response:
            if response[1]:
                yield Secret(start + response.start(1), start + response.end(1), "digest", told(user[1] if user else None), (response[1],))
            return
    if scheme == b"basic":
        try:
            name, _, password = a2b_base64(found).partition(b":")
        except Error:
            name = password = b""
        yield Secret(start, start + len(found), "credentials", told(name), (found, password) if password else (found,))
    elif found.lower().decode("latin-1") not in SCHEMES.split("|"):
        yield Secret(start, start + len(found), "token", None, worth(found))


def cookies(match: re.Match[bytes]) -> Iterator[Secret]:
    """RFC 6265: each value of Cookie; of Set-Cookie the first, as what follows are attributes.

    Many are settings: only what looks like a token is worth looking for elsewhere.
    """
    for k, cookie in enumerate(re.finditer(rb"""([^=;,\s"]{1,256})=("[^"]{1,4096}"|[^;\r\n]{1,8192})""", match[2])):
        if k and match[1]:
            break
        start, found = match.start(2), cookie[2].strip(b'"')
        values = (found,) if re.fullmatch(rb"(?=\D*\d|[A-Z]+\Z)[\w.+/=-]{10,}", found) else ()
        yield Secret(start + cookie.start(2), start + cookie.end(2), "token", None, values)


# -- tokens that tell what they are ---------------------------------------------------------------------------------

SHAPES: dict[str, tuple[str, str]] = {
    "AWS access key": ("AKIA", r"[A-Z0-9]{16}"),
    "AWS temporary key": ("ASIA", r"[A-Z0-9]{16}"),
    "GitHub token": ("gh[pousr]_", r"\w{30,255}+"),
    "GitHub fine-grained token": ("github_pat_", r"\w{22,255}+"),
    "GitLab token": ("glpat-", r"[\w-]{20,255}+"),
    "Slack token": ("xox[abeoprs]-", r"[\w-]{10,255}+"),
    "Slack web hook": ("hooks[.]slack[.]com/services/", r"([\w/]{20,128}+)"),
    "Google API key": ("AIza", r"[\w-]{35}"),
    "Google token": ("ya29[.]", r"[\w-]{20,2048}+"),
    "Stripe key": ("sk_live_", r"\w{16,255}+"),
    "Stripe restricted key": ("rk_live_", r"\w{16,255}+"),
    "OpenAI or Anthropic key": ("sk-", r"(?:(?:ant|proj|svcacct|admin)-[\w-]{20,255}+|\w{32,255}+)"),
    "npm token": ("npm_", r"\w{36}"),
    "PyPI token": ("pypi-", r"[\w-]{50,512}+"),
    "SendGrid key": ("SG[.]", r"[\w-]{22}\.[\w-]{43}"),
    "JSON Web Token": ("eyJ", r"[\w-]{8,8192}+\.[\w-]{2,65536}+\.[\w-]{16,8192}+"),
}
"""How they begin (not inside a longer word), and how they go on."""


def key(match: re.Match[bytes]) -> Iterator[Secret]:
    """A private key: where it comes again it has its own armour."""
    yield Secret(*match.span(1), "key")


RULES: tuple[Rule, ...] = (
    *(
        Rule(f"{kind} in {syntax}", compiled(pattern(names)), reader(kind))
        for syntax, (pattern, reader) in SYNTAXES.items()
        for kind, names in NAMES.items()
    ),
    Rule("URL parameter", compiled("=" + _after(WEAK, "=") + BARE), weak),
    Rule("URL user", compiled(r"""://([^\s/:@"'<>?#]{0,256}+):([^\s/@"'<>?#]{1,256}+)@"""), sure("password")),
    Rule(
        "authorization",
        compiled(
            rf"\n(?:proxy-)?auth(?:orization|entication):{LWS}"
            rf"(?:(?P<scheme>{SCHEMES}){BLANKS}(?P<rest>{VALUE})|(?:[\w-]{{1,32}}+{BLANKS})?(?P<last>[^\s,]{{4,65536}}+){END})"
        ),
        authorization,
    ),
    Rule("cookie", compiled(rf"\n(set-)?cookie2?:{LWS}({VALUE})"), cookies),
    Rule("SQL", compiled(r"'(?:(?<=password ')|(?<=identified by '))([^'\r\n]{1,256}+)'"), value("password")),
    Rule("private key", re.compile(rb"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----((?:[^-]|-(?!----)){1,65536}+)"), key),
    *(Rule(name, re.compile(rf"{head}(?<![\w+-]{head}){tail}".encode()), value("token")) for name, (head, tail) in SHAPES.items()),
)

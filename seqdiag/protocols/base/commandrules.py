"""The forms that credentials have in the commands of text protocols: FTP, mail, IRC, XMPP, Redis, AMQP, Telnet.

As for `fieldrules`; and what a prompt of the other side asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from seqdiag.protocols.base import Secret
from seqdiag.protocols.base.byterules import sasl_plain
from seqdiag.protocols.base.fieldrules import Rule, compiled, one, sure, told
from seqdiag.protocols.base.sasl import MECHANISMS, Exchange

MECHANISM_NAMES = frozenset(MECHANISMS) | {"GSSAPI", "GS2-KRB5", "KERBEROS_V4", "OTP", "SCRAM-SHA-512", "GSS-SPNEGO", "ANONYMOUS"}
BEFORE_PASS = (b"user", b"nick", b"pass", b"acct", b"cap ", b"host")


def pass_command(match: re.Match[bytes]) -> Iterator[Secret]:
    """PASS and ACCT of FTP, POP3 and IRC: as the first line, or after a line of the same login."""
    line = match.string[max(match.start() - 600, 0) : match.start()].rpartition(b"\n")[2]
    if match[1] in (b"PASS", b"ACCT", b"pass", b"acct") and (match.start() == 0 or line[:4].lower() in BEFORE_PASS):
        yield from one(match, "password", sure=True)


ASTRING = re.compile(rb'"((?:[^"\\\r\n]|\\.){0,512}+)"|\{(\d{1,4})\+?\}\r\n|([^\s"{]{1,512}+)')


def imap_login(match: re.Match[bytes]) -> Iterator[Secret]:
    """LOGIN of IMAP, its two arguments as atoms, strings or literals (RFC 9051 §6.2.3)."""
    spans, at = list[tuple[int, int]](), match.end()
    if not (re.search(rb"\d|^\.$", match[1]) or match[2] == b"LOGIN"):
        return
    for _ in range(2):
        found = ASTRING.match(match.string, at)
        if not found:
            return
        start, end = found.span(found.lastindex or 0)
        if found[2]:
            start, end = found.end(), min(found.end() + int(found[2]), len(match.string))
        spans.append((start, end))
        at = max(found.end(), end) + (match.string[max(found.end(), end) : max(found.end(), end) + 1] == b" ")
    user, (start, end) = match.string[slice(*spans[0])], spans[1]
    if start < end and match.string[at : at + 1] in (b"\r", b"\n", b""):
        yield Secret(start, end, "password", told(user), (re.sub(rb"\\(.)", rb"\1", match.string[start:end]),))


LINE = re.compile(rb'\r?\n(?:\{\d{1,5}\+?\}\r?\n)?"?((?!(?:QUIT|RSET|NOOP|STAT|LIST|CAPA|LOGOUT)\b)[\w+/]{4,8192}+={0,2})"?(?=\r?\n|\Z)')


def sasl(match: re.Match[bytes]) -> Iterator[Secret]:
    """AUTH and AUTHENTICATE of mail, Sieve and IRC: the initial response and the lines that continue it (RFC 4422)."""
    mechanism = match["mechanism"].upper().decode("latin-1")
    start, end = match.span("mechanism")
    if mechanism not in MECHANISM_NAMES and not mechanism.startswith("X-"):
        if match["verb"] == b"AUTHENTICATE" and end - start >= 8 and match["token"] is None:
            yield from Exchange("PLAIN").client(match["mechanism"], start).secrets
        return
    exchange, at = Exchange(mechanism), match.end()
    if match["token"] and (mechanism == "LOGIN" or len(match["token"]) >= 8):
        yield from exchange.client(match["token"], match.start("token")).secrets
    while not exchange.complete and exchange.spoken < 6 and (line := LINE.match(match.string, at)):
        yield from exchange.client(line[1], line.start(1)).secrets
        at = line.end()


def xmpp(match: re.Match[bytes]) -> Iterator[Secret]:
    """RFC 6120 §6.4: the element's content, which is base64."""
    mechanism = re.search(rb"""mechanism=["']([\w-]+)""", match[1])
    yield from Exchange(mechanism[1].decode().upper() if mechanism else "").client(match[2], match.start(2)).secrets


def services(match: re.Match[bytes]) -> Iterator[Secret]:
    """What an IRC user tells NickServ and its like."""
    yield Secret(*match.span(1), "password", None, tuple(match[1].split()))


def redis(text: bytes, args: Sequence[tuple[int, int]]) -> Iterator[Secret]:
    """AUTH, HELLO, CONFIG SET, ACL SETUSER and MIGRATE of Redis: which of a command's arguments are secret."""
    said = [text[start:end] for start, end in args]
    words = [word.upper() for word in said[:64]]
    secret = dict[int, bytes | None]()
    match words:
        case [b"AUTH", _]:
            secret[1] = None
        case [b"AUTH", _, _]:
            secret[2] = said[1]
        case [b"HELLO", *_] | [b"MIGRATE", *_]:
            with_user = b"AUTH2" if words[0] == b"MIGRATE" else b"AUTH"
            secret = {k + 2: said[k + 1] for k, word in enumerate(words[1:-2], 1) if word == with_user}
            if with_user == b"AUTH2":
                secret |= {k + 1: None for k, word in enumerate(words[1:-1], 1) if word == b"AUTH"}
        case [b"CONFIG", b"SET", *_]:
            secret = {k + 1: None for k, word in enumerate(words[:-1]) if word in (b"REQUIREPASS", b"MASTERAUTH")}
        case [b"ACL", b"SETUSER", *_]:
            secret = {k: None for k, word in enumerate(words[3:], 3) if word[:1] in (b">", b"<", b"#", b"!")}
    for k, user in secret.items():
        start, end = args[k]
        start += words[0] == b"ACL"
        if start < end:
            yield Secret(start, end, "password", told(user), (text[start:end],))


ARGUMENT = re.compile(rb"\S+")


def redis_line(match: re.Match[bytes]) -> Iterator[Secret]:
    """An inline command. AUTH is also a word of other protocols, and of log lines."""
    args = [word.span() for word in ARGUMENT.finditer(match.string, *match.span())]
    last = match.string[slice(*args[-1])]
    if match[1].upper() == b"AUTH":
        mechanism = match.string[slice(*args[min(1, len(args) - 1)])].upper().decode("latin-1")
        if mechanism in MECHANISM_NAMES or mechanism in ("TLS", "SSL") or (last.isalpha() and (match[1] != b"AUTH" or last.isupper())):
            return
    yield from redis(match.string, args)


BULK = re.compile(rb"\$(\d{1,7})\r\n")


def redis_array(match: re.Match[bytes]) -> Iterator[Secret]:
    """A command as an array of bulk strings (RESP)."""
    args, at = list[tuple[int, int]](), match.end()
    for _ in range(min(int(match[1]), 64)):
        bulk = BULK.match(match.string, at)
        if not bulk:
            return
        args.append((bulk.end(), min(bulk.end() + int(bulk[1]), len(match.string))))
        at = args[-1][1] + 2
    return (yield from redis(match.string, args))


def amqp(match: re.Match[bytes]) -> Iterator[Secret]:
    """PLAIN of an AMQP 0-9-1 start-ok: a long string holds the response."""
    return sasl_plain(match.string, match.end(), min(match.end() + int.from_bytes(match[1], "big"), len(match.string)))


PROMPT = compiled(r"(?:\b(?:password|passcode|passphrase|passwd|passwort|pin)\b|密码|口令)[^\r\n]{0,48}(?:[:>]|：)\s{0,4}\Z")
ANSWER = re.compile(rb"(?:\xff[\xfb-\xfe].)*+([^\0-\x07\x0b\x0c\x0e-\x1f\r\n]{1,512}+)(?=[\r\n]|\Z)", re.DOTALL)


def prompted(raw: bytes, asked: bytes) -> Iterator[Secret]:
    """The answer to a prompt for a password, as Telnet has it (options before it are left)."""
    answer = ANSWER.match(raw) if PROMPT.search(asked[-128:]) else None
    if answer:
        yield from one(answer, "password", sure=True)


RULES: tuple[Rule, ...] = (
    Rule("PASS", compiled(r"\n(pass|acct) ([^\r\n]{1,512}+)(?=\r\n|\n?\Z)"), pass_command),
    Rule("APOP", compiled(r"\napop (\S{1,64}) ([0-9a-f]{32})(?=\r?\n|\Z)"), sure("digest")),
    Rule("LOGIN of IMAP", compiled(r"\n([\w.*+-]{1,32}) (login) (?=\S)"), imap_login),
    Rule(
        "SASL",
        compiled(
            r'\n(?:\S{1,32} )?(?P<verb>auth|authenticate) "?(?P<mechanism>[\w+/-]{3,512}+={0,2})"?'
            r'(?: +(?:"?(?P<token>[\w+/]{4,8192}+={0,2}|=)"?|\{\d{1,5}\+?\}))?[ \t]*(?=\r?\n|\Z)'
        ),
        sasl,
    ),
    Rule("SASL in XMPP", compiled(r"<((?:auth|response|challenge)\s[^<>]{0,256}?xmpp-sasl[^<>]{0,256})>([\w+/=]{4,8192}+)<"), xmpp),
    Rule("OPER of IRC", compiled(r"\noper (\S{1,64}) (\S{1,256}+)(?=\r?\n|\Z)"), sure("password")),
    Rule(
        "IRC services",
        compiled(
            r"\n(?:privmsg \w{0,16}serv\S{0,64} :?|notice \w{0,16}serv\S{0,64} :?|squery \S{1,64} :?|nickserv |ns )"
            r"(?:identify|register|ghost|recover|release|regain|login|auth) +([^\r\n]{1,512}+)"
        ),
        services,
    ),
    Rule("Redis line", compiled(r"\n(auth|hello|config|acl|migrate) [^\r\n]{1,1024}+(?=\r?\n|\Z)"), redis_line),
    Rule("Redis array", compiled(r"\n\*(\d{1,4})\r\n(?=\$\d)"), redis_array),
    Rule("AMQP", re.compile(rb"\x05PLAIN(\0[\0-\xff]{3})"), amqp),
)

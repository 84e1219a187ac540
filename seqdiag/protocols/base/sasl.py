"""One line of a SASL exchange in, what of it may be told and what must be hidden out (RFC 4422, RFC 4954, RFC 5034).

Every client line is secret, with one exception: the user name of LOGIN, which is told raw and decoded. Challenges
are told where they hold a prompt or an error (LOGIN, PLAIN, XOAUTH2, OAUTHBEARER); the others' are nonces, and a
nonce beside a digest lets a password be guessed. A line that its source had hidden is never read: what may be told
of it came with it.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqdiag.protocols.base import Fact, HiddenRun, Secret
from seqdiag.text import show

PLACEHOLDER = b"PROVIDED_BUT_REMOVED"
"""What swaks writes for a password that it was told to hide."""
TOLD_CHALLENGES = {"LOGIN", "PLAIN", "XOAUTH2", "OAUTHBEARER"}


class Credentials(NamedTuple):
    """What a decoded client line says: who, and the secret in clear."""

    user: bytes | None = None
    secret: bytes | None = None


def plain(text: bytes) -> Credentials:
    """RFC 4616: authzid NUL authcid NUL password."""
    parts = text.split(b"\0")
    return Credentials(parts[1], b"\0".join(parts[2:])) if len(parts) >= 3 else Credentials()


def digest(text: bytes) -> Credentials:
    """RFC 2195: user SP digest."""
    user, _, digest = text.rpartition(b" ")
    return Credentials(user, digest) if user else Credentials()


def bearer(text: bytes) -> Credentials:
    """XOAUTH2 `user=..^Aauth=Bearer ..^A^A`, OAUTHBEARER `n,a=user,^A..auth=Bearer ..^A^A` (RFC 7628)."""
    user = re.search(rb"(?:^user=|^[ny],a=)([^\x01,]*)", text)
    token = re.search(rb"\x01auth=(?:\S+ )?([^\x01]*)", text)
    return Credentials(user[1] if user else None, token[1] if token else None)


def scram(text: bytes) -> Credentials:
    """RFC 5802: the first message names the user, `n,,n=user,r=nonce`."""
    user = re.match(rb"[nyp][^,]*,[^,]*,n=([^,]*),", text)
    return Credentials(user[1] if user else None)


def digest_md5(text: bytes) -> Credentials:
    """RFC 2831: `username="user",...`."""
    user = re.search(rb'username="([^"]*)"', text)
    return Credentials(user[1] if user else None)


def ntlm(text: bytes) -> Credentials:
    """[MS-NLMP] §2.2.1.3: an AUTHENTICATE_MESSAGE names the user at the offset in its fields."""
    if not text.startswith(b"NTLMSSP\0\3\0\0\0") or len(text) < 64:
        return Credentials()
    length, at, flags = (int.from_bytes(text[a:b], "little") for a, b in ((36, 38), (40, 44), (60, 64)))
    name = text[at : at + length]
    return Credentials(name.decode("utf-16-le", "replace").encode() if flags & 1 else name) if name else Credentials()


MECHANISMS: dict[str, Callable[[bytes], Credentials]] = {
    "LOGIN": lambda password: Credentials(None, password),
    "PLAIN": plain,
    "CRAM-MD5": digest,
    "CRAM-SHA1": digest,
    "XOAUTH2": bearer,
    "OAUTHBEARER": bearer,
    "DIGEST-MD5": digest_md5,
    "NTLM": ntlm,
    "EXTERNAL": lambda text: Credentials(text),
    "SCRAM-SHA-1": scram,
    "SCRAM-SHA-1-PLUS": scram,
    "SCRAM-SHA-256": scram,
    "SCRAM-SHA-256-PLUS": scram,
}
KINDS = {"LOGIN": "password", "XOAUTH2": "token", "OAUTHBEARER": "token", "CRAM-MD5": "digest", "CRAM-SHA1": "digest"}
"""What kind of secret a mechanism's client lines hold; `credentials` for all others."""
LINES = {"LOGIN": 2, "PLAIN": 1, "CRAM-MD5": 1, "XOAUTH2": 1, "OAUTHBEARER": 1, "EXTERNAL": 1}
"""How many lines the client sends (the initial response counts) where the server is not seen."""


class Told(NamedTuple):
    """What a line yields."""

    secrets: tuple[Secret, ...] = ()
    facts: tuple[Fact, ...] = ()


def unbase64(token: bytes) -> bytes | None:
    """The octets, or None where it is no base64; missing padding is forgiven."""
    try:
        return a2b_base64(token + b"=" * (-len(token) % 4), strict_mode=True)
    except (Error, ValueError):
        return None


def told_of(hidden: Sequence[HiddenRun]) -> str | None:
    """What may be told of runs that the source had hidden."""
    return next((run.shown for run in hidden if run.shown is not None), None)


class Exchange:
    """One AUTH command's exchange. `spoken` counts the client's lines so far, the initial response included."""

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.spoken = 0

    @property
    def complete(self) -> bool:
        """Whether the client has said all that this mechanism lets it say; False where that is not known."""
        return self.spoken >= LINES.get(self.mechanism, 1 << 30)

    def client(self, token: bytes, offset: int, hidden: Sequence[HiddenRun] = ()) -> Told:
        """A client line or an initial response that begins at `offset` of its PDU. `*` cancels and `=` is empty: no secrets."""
        self.spoken += 1
        if not token or (not hidden and token in (b"*", b"=")):
            return Told()
        if self.mechanism == "LOGIN" and self.spoken == 1:
            name = None if hidden else unbase64(token)
            return Told(facts=_user(told_of(hidden) if name is None else str(show(name))))
        user, values = (told_of(hidden), ()) if hidden else self._read(token)
        kind = KINDS.get(self.mechanism, "credentials")
        return Told((Secret(offset, offset + len(token), kind, user, values),), _user(user))

    def _read(self, token: bytes) -> tuple[str | None, tuple[bytes, ...]]:
        text = unbase64(token)
        if text is None:
            return None, (token,)
        said = MECHANISMS[self.mechanism](text) if self.mechanism in MECHANISMS else Credentials()
        user = str(show(said.user)) if said.user else None
        if said.secret == PLACEHOLDER:
            return user, ()
        return user, (said.secret, token) if said.secret else (token,)

    def challenge(self, token: bytes, offset: int, hidden: Sequence[HiddenRun] = ()) -> Told:
        """The server's challenge that begins at `offset` of its PDU."""
        if not token:
            return Told()
        if self.mechanism not in TOLD_CHALLENGES:
            return Told((Secret(offset, offset + len(token), "challenge", told_of(hidden), () if hidden else (token,)),))
        text = None if hidden else unbase64(token)
        return Told(facts=(Fact("decoded", {"text": str(show(text.rstrip(b"\0")))}),) if text else ())


def _user(user: str | None) -> tuple[Fact, ...]:
    return (Fact("user", {"user": user}),) if user else ()

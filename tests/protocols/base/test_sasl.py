"""What of a SASL exchange is told, and what is hidden."""

from __future__ import annotations

import base64

import pytest

from seqdiag.protocols.base import HiddenRun
from seqdiag.protocols.base.sasl import Credentials, Exchange, bearer, digest, digest_md5, ntlm, plain, scram


@pytest.mark.parametrize(
    ("found", "user", "secret"),
    [
        (plain(b"\0alice\0pw\0x"), b"alice", b"pw\0x"),
        (plain(b"admin\0alice\0pw"), b"alice", b"pw"),
        (plain(b"nothing"), None, None),
        (digest(b"al ice 0123"), b"al ice", b"0123"),
        (bearer(b"user=a@x\1auth=Bearer tok\1\1"), b"a@x", b"tok"),
        (bearer(b"n,a=a@x,\1port=1\1auth=Bearer tok\1\1"), b"a@x", b"tok"),
        (scram(b"n,,n=alice,r=abc"), b"alice", None),
        (digest_md5(b'charset=utf-8,username="alice",realm="x"'), b"alice", None),
        (ntlm(b"NTLMSSP\0\1\0\0\0"), None, None),
        (ntlm(b"NTLMSSP\0\3\0\0\0" + bytes(24) + b"\5\0\5\0\x40\0\0\0" + bytes(20) + b"alice"), b"alice", None),
    ],
)
def test_credentials(found: Credentials, user: bytes | None, secret: bytes | None) -> None:
    assert found == (user, secret)


def test_login() -> None:
    exchange = Exchange("LOGIN")
    assert exchange.client(base64.b64encode(b"alice"), 0).secrets == ()
    (secret,) = exchange.client(base64.b64encode(b"pw"), 7).secrets
    assert (secret.start, secret.end, secret.kind, secret.values[0]) == (7, 11, "password", b"pw")
    assert exchange.complete


@pytest.mark.parametrize("token", [b"", b"*", b"="])
def test_what_is_no_secret(token: bytes) -> None:
    assert Exchange("PLAIN").client(token, 0).secrets == ()


def test_an_asterisk_that_hides_something_is_a_secret() -> None:
    (secret,) = Exchange("PLAIN").client(b"*", 0, [HiddenRun(0, 1, "credentials", "alice")]).secrets
    assert (secret.shown, secret.values) == ("alice", ())


@pytest.mark.parametrize(
    ("mechanism", "told"), [("LOGIN", True), ("XOAUTH2", True), ("CRAM-MD5", False), ("SCRAM-SHA-1", False), ("NEW", False)]
)
def test_challenges(mechanism: str, told: bool) -> None:
    found = Exchange(mechanism).challenge(base64.b64encode(b"Password:"), 4)
    assert bool(found.facts) == told and bool(found.secrets) != told


def test_a_token_that_is_no_base64_is_hidden_and_looked_for_as_it_stands() -> None:
    (secret,) = Exchange("PLAIN").client(b"not base64!", 0).secrets
    assert secret.values == (b"not base64!",) and secret.shown is None

"""Credentials in bytes that no grammar decodes: the value is hidden, the word that announces it stays, all else is untouched."""

from __future__ import annotations

import base64
import os
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqdiag.protocols.base import Secret
from seqdiag.protocols.base.credentials import CONTEXT, SCANNED, credentials, guarded, merged


def hidden(raw: bytes, before: bytes = b"", asked: bytes = b"") -> bytes:
    """The run with each secret as `[kind]`."""
    out, at = b"", 0
    for secret in credentials(raw, before, asked):
        out += raw[at : secret.start] + b"[" + secret.kind.encode() + b"]"
        at = secret.end
    return out + raw[at:]


PEM = b"-----BEGIN %s-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAAASC+/=\n-----END %s-----\n"
PLAIN = base64.b64encode(b"\0alice\0s3cret-word")

FOUND: dict[str, tuple[bytes, bytes]] = {
    "basic": (b"GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nHost: x\r\n\r\n", b"Authorization: Basic [credentials]\r\nHost: x"),
    "bearer, folded": (b"GET /\r\nAuthorization:\r\n Bearer\r\n\tabc.def\r\nX: y\r\n", b"Bearer\r\n\t[token]\r\nX: y"),
    "AWS signature": (b"\nAuthorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=00ff\r\nX: y", b"AWS4-HMAC-SHA256 [token]\r\nX: y"),
    "authorization of no scheme": (b"\nAuthorization: 0123456789abcdef\r\n", b"Authorization: [token]\r\n"),
    "digest": (b'\nAuthorization: Digest username="al", response="00ff", qop=auth\r\n', b'"al", response="[digest]", qop=auth'),
    "cookies": (b"\nCookie: a=1234; theme=dark\r\n", b"Cookie: a=[token]; theme=[token]\r\n"),
    "set-cookie": (b"\nSet-Cookie: id=a3fWa; Path=/; Secure\r\n", b"id=[token]; Path=/; Secure\r\n"),
    "key header": (b"\nX-Api-Key: 12ab\r\nX-Vault-Token:\ts.12\r\n", b"X-Api-Key: [token]\r\nX-Vault-Token:\t[token]\r\n"),
    "query": (b"GET /a?x=1&access_token=t0k&y=2#z HTTP/1.1\r\n", b"x=1&access_token=[token]&y=2#z HTTP"),
    "weak name in a query": (b"GET /a?code=4/0AX4XfWh&key=AIzaSy1234 HTTP/1.1\r\n", b"?code=[token]&key=[token] HTTP"),
    "form with odd bytes": (b"\r\n\r\nuser=al&password=a(b);c,d'e&go=1", b"user=al&password=[password]&go=1"),
    "form, name escaped": (b"\r\n\r\npass%77or%64=a%2db&go=1", b"pass%77or%64=[password]&go=1"),
    "multipart form": (b'name="password"\r\n\r\nhunter2 x\r\n--b', b'name="password"\r\n\r\n[password]\r\n--b'),
    "URL user": (b"see http://al:p%40ss@h/ and", b"http://al:[password]@h/ and"),
    "JSON": (b'{"user":"al", "password" : "a\\"b", "n":1}', b'"password" : "[password]", "n":1'),
    "JSON, name escaped": (b'{"passw\\u006frd":"ab1"}', b'{"passw\\u006frd":"[password]"}'),
    "JSON in JSON": (b'{"log":"{\\"token\\":\\"ab1\\",\\"n\\":1}"}', b'\\"token\\":\\"[token]\\",\\"n\\"'),
    "element": (b"<a><wsse:Password>ab1</wsse:Password></a>", b"<wsse:Password>[password]</wsse:Password>"),
    "log line": (b"login user=al password=hunter2 from 192.0.2.1", b"password=[password] from"),
    "connection string": (b"Server=h;User=al;Password=hunter2;Timeout=5", b"Password=[password];Timeout=5"),
    "SQL": (b"ALTER USER al PASSWORD 'ab1' VALID", b"PASSWORD '[password]' VALID"),
    "private key": (PEM % (b"RSA PRIVATE KEY", b"RSA PRIVATE KEY"), b"-----BEGIN RSA PRIVATE KEY-----[key]-----END RSA PRIVATE KEY-----\n"),
    "AWS key": (b"id AKIAIOSFODNN7EXAMPLE.", b"id [token]."),
    "GitHub token": (b"ghp_" + b"a1" * 18 + b"\n", b"[token]\n"),
    "Slack token": (b"xoxb-123456789012-abcdefghijkl", b"[token]"),
    "JSON Web Token": (b"=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0." + b"a1" * 16 + b"\n", b"=[token]\n"),
    "FTP": (b"USER al\r\nPASS two words\r\nACCT x\r\nTYPE I\r\n", b"PASS [password]\r\nACCT [password]\r\nTYPE I"),
    "IRC": (b"CAP LS\r\nPASS ab1\r\nNICK al\r\nOPER al ab2\r\nPRIVMSG NickServ :IDENTIFY ab3\r\n", b"OPER al [password]\r\n"),
    "IRC services": (b"PRIVMSG NickServ :IDENTIFY al ab3\r\n", b"NickServ :IDENTIFY [password]\r\n"),
    "APOP": (b"APOP al " + b"0f" * 16 + b"\r\n", b"APOP al [digest]\r\n"),
    "IMAP": (b'a1 NOOP\r\na2 LOGIN "al" "a\\"b"\r\na3 NOOP\r\n', b'LOGIN "al" "[password]"\r\na3'),
    "IMAP literals": (b"a1 LOGIN {2+}\r\nal {5+}\r\na b\r\n\r\na2 NOOP\r\n", b"{5+}\r\n[password]\r\na2"),
    "IMAP AUTHENTICATE": (b"a1 AUTHENTICATE PLAIN\r\n%s\r\na2 NOOP\r\n" % PLAIN, b"PLAIN\r\n[credentials]\r\na2 NOOP"),
    "LOGIN: not the user": (b"AUTH LOGIN\r\nYWxpY2U=\r\nczNjcmV0\r\nQUIT\r\n", b"AUTH LOGIN\r\nYWxpY2U=\r\n[password]\r\nQUIT"),
    "Sieve": (b'AUTHENTICATE "PLAIN" {32+}\r\n%s\r\n' % PLAIN, b'"PLAIN" {32+}\r\n[credentials]\r\n'),
    "XMPP": (b"<auth mechanism='PLAIN' xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>%s</auth>" % PLAIN, b"'>[credentials]</auth>"),
    "Redis": (b"AUTH al ab1\r\nHELLO 3 AUTH al ab2 SETNAME n\r\nPING\r\n", b"AUTH al [password]\r\nHELLO 3 AUTH al [password] SETNAME n"),
    "Redis array": (b"*2\r\n$4\r\nAUTH\r\n$3\r\na b\r\n*1\r\n$4\r\nPING\r\n", b"$3\r\n[password]\r\n*1"),
    "Redis users": (b"ACL SETUSER al on >ab1 ~* +@all\r\nMIGRATE h 1 k 0 1 AUTH2 al ab2 KEYS k\r\n", b"on >[password] ~* +@all"),
    "STOMP": (b"CONNECT\nlogin:al\npasscode:ab1\n\n\0", b"login:al\npasscode:[password]\n\n"),
    "AMQP": (b"\x01\0\0\0\0\0\x20\5PLAIN\0\0\0\x07\0al\0ab1\5en_US", b"\0al\0[password]\5en_US"),
    "MQTT 3.1.1 with a will": (b"\x10\x20\0\4MQTT\4\xc6\0<\0\1i\0\1t\0\1m\0\2al\0\3ab1\xc0\0", b"\0\3[password]\xc0\0"),
    "MQTT 5 with properties": (b"\x10\x20\0\4MQTT\5\xc2\0<\5\x11\0\0\0\7\0\1i\0\2al\0\3ab1", b"\0\3[password]"),
    "LDAP": (b"0\x14\2\1\1`\x0f\2\1\3\4\5cn=al\x80\3ab10\5\2\1\2\x42\0", b"\x80\3[password]0\5"),
    "SNMP": (b"0\x26\2\1\1\4\3ab1\xa0\x1c" + bytes(28), b"\4\3[credentials]\xa0"),
    "PostgreSQL": (b"p\0\0\0\x08ab1\0", b"p\0\0\0\x08[password]\0"),
    "PostgreSQL, MD5": (b"p\0\0\0\x28md5" + b"0f" * 16 + b"\0", b"[digest]\0"),
    "PostgreSQL, SCRAM": (b"p\0\0\0\x19SCRAM-SHA-256\0\0\0\0\3n,,", b"SCRAM-SHA-256\0\0\0\0\3[digest]"),
    "memcached": (b"\x80\x21\0\5\0\0\0\0\0\0\0\x0c" + bytes(12) + b"PLAIN\0al\0ab1", b"PLAIN\0al\0[password]"),
    "SOCKS": (b"\1\2al\3ab1", b"\1\2al\3[password]"),
    "UTF-16": (
        "x\r\n<password=hunter2&a=b>".encode("utf-16-le"),
        "password=".encode("utf-16-le") + b"[password]" + "&a".encode("utf-16-le"),
    ),
}


@pytest.mark.parametrize("name", FOUND)
def test_the_value_alone_is_hidden(name: str) -> None:
    raw, part = FOUND[name]
    assert part in hidden(raw)


@pytest.mark.parametrize("name", FOUND)
def test_hidden_values_are_found_no_second_time(name: str) -> None:
    """With asterisks for the values, and their places told, nothing is added and nothing is lost."""
    raw, _ = FOUND[name]
    found = credentials(raw)
    masked = bytearray(raw)
    for secret in found:
        masked[secret.start : secret.end] = b"*" * (secret.end - secret.start)
    told = [secret._replace(values=()) for secret in found]
    assert list(guarded(bytes(masked), told)) == told


def test_a_value_cut_by_a_chunk_line_is_hidden_without_it() -> None:
    raw = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n13\r\n{"access_token":"ab\r\n6\r\nc1d2"}\r\n0\r\n\r\n'
    assert b'"[token]\r\n6\r\n[token]"}\r\n0\r\n' in hidden(raw)
    assert all(secret.values == (b"abc1d2",) for secret in credentials(raw))


HARMLESS: dict[str, bytes] = {
    "prose": b"Pass the salt, please.\nThe password is never sent. Your token: see page 3.\nPASS the ball\nLogin to server\n",
    "prose on authorization": b"Authorization of the user is needed.\nCookie: chocolate\nauthenticate yourself first\n",
    "prompts": b"login: \r\nPassword: \r\nLast login: Tue Nov 24\r\n",
    "test report": b"PASS src/app.test.js\nPASS src/b.test.js\nTests: 2 passed\n",
    "HTML form": b'<form action="/in"><label for="password">Password</label><input type="password" name="password" accesskey="p"></form>',
    "program": b"var token=this.read(), key=a.b; if(password==other){secret=function(){return token=null;}}",
    "Python": b"def login(user, password=None):\n    return call(password=password, token=self.token, secret=False)\n",
    "links": b'<a href="/?key=categories&code=not_found&sig=12345678&page=2">',
    "headers": b'HTTP/1.1 401 X\r\nWWW-Authenticate: Digest nonce="00ff"\r\nETag: "a"\r\nSec-WebSocket-Key: dGhlIHNhbXBsZQ==\r\n\r\n',
    "SIP": b"SIP/2.0 200 OK\r\nSession-ID: 36589fc000105000a0002c31246a214b;remote=00000000000000000000000000000000\r\n\r\n",
    "DKIM": b"DKIM-Signature: v=1; a=rsa-sha256;\r\n b=dGVzdA==\r\n",
    "public key": PEM % (b"PUBLIC KEY", b"PUBLIC KEY") + PEM % (b"CERTIFICATE", b"CERTIFICATE"),
    "SSH algorithms": b"sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "mail": b"EHLO x\r\nAUTH LOGIN\r\nQUIT\r\n",
    "FTP": b"AUTH TLS\r\nUSER al\r\nTYPE I\r\nPASV\r\n",
    "Redis": b"+OK\r\n*3\r\n$3\r\nSET\r\n$4\r\nauth\r\n$2\r\nok\r\nauth failed\r\n",
    "URL with a port": b"http://example.org:8080/a@b and ssh://git@example.org:22/x",
    "MQTT without a password": b"\x10\x0d\0\4MQTT\4\2\0<\0\1i",
    "LDAP without a password": b"0\x0c\2\1\1`\7\2\1\3\4\0\x80\0",
    "JSON": b'{"token_type":"bearer","expires_in":3600,"password":"","password_hint":"dog","max_tokens":"5"}',
    "base64": base64.b64encode(random.Random(1).randbytes(30_000)),
    "random bytes": random.Random(2).randbytes(200_000),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_text_loses_nothing(name: str) -> None:
    assert hidden(HARMLESS[name]) == HARMLESS[name]


def test_what_was_said_before_decides() -> None:
    assert hidden(b"two words\r\nls\r\n", asked=b"Last login\r\nPassword for al: ") == b"[password]\r\nls\r\n"
    assert hidden(b"two words\r\n", asked=b"login: ") == b"two words\r\n"
    assert hidden(b"\xff\xfd\x01ab1\r\0", asked="密码：".encode()) == b"\xff\xfd\x01[password]\r\0"
    assert hidden(PLAIN + b"\r\n", before=b"a1 AUTHENTICATE PLAIN\r\n") == b"[credentials]\r\n"
    assert hidden(PLAIN + b"\r\n") == PLAIN + b"\r\n"
    assert hidden(b"ab1\r\n", before=b"a1 LOGIN {2}\r\nal {3}\r\n") == b"[password]\r\n"
    assert hidden(b"ken=ab1&x", before=b"GET /?to") == b"ken=[token]&x"
    assert hidden(b"x\r\n", before=b"password=ab1\r\n") == b"x\r\n"
    assert hidden(b"PASS ab1\r\n", before=b"x" * CONTEXT + b"\r\nUSER al\r\n") == b"PASS [password]\r\n"


def test_the_user_is_told_and_the_clear_value_looked_for() -> None:
    (secret,) = credentials(b"GET / HTTP/1.1\r\nAuthorization: Basic " + base64.b64encode(b"al:s3cret:x") + b"\r\n\r\n")
    assert secret.shown == "al" and b"s3cret:x" in secret.values
    (secret,) = credentials(b"\r\n\r\npassword=a%2Db%20c1")
    assert set(secret.values) == {b"a%2Db%20c1", b"a-b c1"}


def test_plain_words_and_settings_are_hidden_but_not_looked_for() -> None:
    raw = b"\nCookie: theme=dark; id=a1b2c3d4e5f6\r\n\r\npassword=required&token=12345678"
    assert [secret.values for secret in credentials(raw)] == [(), (b"a1b2c3d4e5f6",), (), ()]


def test_merged() -> None:
    a, b, c = Secret(4, 8, "token", None, (b"x",)), Secret(6, 9, "password", "al", (b"x", b"y")), Secret(9, 10, "password")
    assert merged([c, b, a]) == (Secret(4, 9, "token", "al", (b"x", b"y")), Secret(9, 10, "password"))
    assert merged([a._replace(end=6), Secret(6, 8, "token")]) == (a,)
    assert merged([a, b], weakest="token")[0].kind == "password"


def test_no_more_than_the_first_part_of_a_run_is_looked_at() -> None:
    assert credentials(bytes(SCANNED - 20) + b"&token=ab1&") and not credentials(bytes(SCANNED) + b"&token=ab1&")


PIECES = st.sampled_from(
    [
        *(raw[a:b] for raw, _ in FOUND.values() for a, b in ((0, None), (0, len(raw) // 2), (len(raw) // 2, None))),
        *(b"\n", b"\r\n", b" ", b'"', b"=", b":", b"{3}\r\n", b"\0", b"*1\r\n", b"chunked", b"\r\n5\r\n", b"%61", b"\\u0061", b'\\":'),
    ]
)


@settings(max_examples=int(os.environ.get("CREDENTIAL_EXAMPLES", "300")), deadline=None)
@given(raw=st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=8).map(b"".join), before=PIECES, asked=PIECES)
def test_any_bytes(raw: bytes, before: bytes, asked: bytes) -> None:
    """No exception; spans in order, inside the run, none empty, none overlapping."""
    at = 0
    for secret in credentials(raw, before, asked):
        assert at <= secret.start < secret.end <= len(raw)
        at = secret.end


HOSTILE = {
    **{first.decode(): first for first in (b"\n", b"\r\n", b"\n ", b"=", b":", b'"', b"'", b">", b"<", b"-", b"*", b"%", b"\\", b"\0")},
    "names": b"token=token=",
    "quotes": b'token="',
    "JSON quotes": b'"password":"\\',
    "tokens": b"eyJ",
    "dotted tokens": b"-eyJaaaaaaaa.",
    "cookies": b"\nCookie: a=",
    "folds": b"\nAuthorization:\r\n ",
    "users": b"://a:",
    "elements": b"<auth xmpp-sasl",
    "keys": b"-----BEGIN PRIVATE KEY",
    "arrays": b"\n*9\r\n$1\r\n",
    "literals": b"\na1 LOGIN {9999}\r\n",
    "base64 lines": b"AUTH SCRAM-SHA-1\r\nAAAA\r\n",
    "BER": b"0\2\2\0",
    "wide": b"\0a",
    "escapes": b"%61",
    "inner quotes": b'\\":',
    "chunks": b"chunked\r\n1\r\n",
    "IRC": b"\nPRIVMSG serv",
    "words": b"\n" + b"a" * 40,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_repetition_takes_linear_time(name: str) -> None:
    """A quarter of a MiB in half a second at the worst: what backtracks freely takes minutes."""
    raw = (HOSTILE[name] * SCANNED)[: SCANNED // 4]
    began = time.process_time()
    credentials(raw)
    assert time.process_time() - began < 0.5

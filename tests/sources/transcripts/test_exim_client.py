"""What the client of Exim's test suite prints."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Told = Callable[[str, str | bytes], list[str]]

OPENING = "Connecting to 127.0.0.1 port 1225 ... connected\n??? 220\n<<< 220 hi\n"
OPENED = ["c1 (connected 127.0.0.1:1225)", "c1 S: 220 hi"]


def test_a_session(told: Told) -> None:
    text = OPENING + ">>> quit\n??? 221\n<<< 221 bye\nEnd of script\n"
    assert told("exim-client", text) == [*OPENED, "c1 C: quit", "c1 S: 221 bye", "c1 (closed)"]


@pytest.mark.parametrize(
    ("sent", "lines"),
    [
        (r"rset\r\nmail from:<a@b>\r\ndata", ["c1 C: rset", "c1 C: mail from:<a@b>", "c1 C: data"]),
        (r"\x41\x2e\\", ["c1 C: A.\\"]),
        (r"bare\n", ["c1 C: bare\n|", "c1 C: "]),
        (r"\xZZ", ["c1 C: xZZ"]),
    ],
)
def test_escapes_in_what_was_sent(told: Told, sent: str, lines: list[str]) -> None:
    assert told("exim-client", f"{OPENING}>>> {sent}\n")[2:] == lines


def test_what_was_received_has_no_escapes(told: Told) -> None:
    assert told("exim-client", OPENING + "<<< 250 a\\r\\nb\n")[2:] == ["c1 S: 250 a\\r\\nb"]


def test_an_eof_before_the_end_of_the_script_is_the_servers(told: Told) -> None:
    assert told("exim-client", OPENING + "???*\nExpected EOF read\nEnd of script\n")[2:] == ["c1 (closed remote)"]


def test_tls_begins_where_it_succeeded(told: Told) -> None:
    text = OPENING + ">>> STARTTLS\n??? 220\n<<< 220 go\nAttempting to start TLS\n{}\n>>> ehlo x\n"
    assert told("exim-client", text.format("Succeeded in starting TLS"))[4:] == ["c1 (tls starttls)", "c1 C(tls): ehlo x"]
    assert told("exim-client", text.format("Failed to start TLS"))[4:] == ["c1 # Failed to start TLS", "c1 C: ehlo x"]


def test_a_pause_is_a_comment_and_other_output_is_counted(told: Told) -> None:
    text = "### title\n" + OPENING + "+++ 1\n>>> quit\nEnd of script\n220 another program\n"
    assert told("exim-client", text)[2:] == [
        "c1 # pause of 1 s",
        "c1 C: quit",
        "c1 (closed)",
        "- ? 2 lines without a direction were left out",
    ]


def test_a_port_that_is_no_number_is_unknown(told: Told) -> None:
    assert told("exim-client", "Connecting to a.b port PORT_D ... connected\n<<< 220 x\n")[0] == "c1 (connected a.b:0)"


def test_a_connection_that_failed(told: Told) -> None:
    assert told("exim-client", "Connecting to 127.0.0.1 port 25 ... connect failed: Connection refused\n") == ["c1 (failed ECONNREFUSED)"]

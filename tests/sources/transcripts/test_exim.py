"""Logs of exim -v, exim -d and exim -bs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seqdiag.events import Hidden, Recording, SocketAct

Told = Callable[[str, str | bytes], list[str]]
Reading = Callable[[str, bytes], Recording]

OPENING = """\
LOG: MAIN
  <= student@lab.test U=root P=local S=409
Connecting to mx.lab.test [192.0.2.25]:25 ... connected
  SMTP<< 220 mx.lab.test ESMTP
  SMTP>> EHLO client.lab.test
  SMTP<< 250-mx.lab.test
         250-SIZE 33554432
         250 HELP
"""
OPENED = [
    "c1 (connected 192.0.2.25:25)",
    "c1 S: 220 mx.lab.test ESMTP",
    "c1 C: EHLO client.lab.test",
    "c1 S: 250-mx.lab.test",
    "c1 S: 250-SIZE 33554432",
    "c1 S: 250 HELP",
]


def test_a_delivery(told: Told) -> None:
    assert told("exim", OPENING) == OPENED


def test_the_outcome_may_stand_on_a_later_line(told: Told) -> None:
    later = OPENING.replace("... connected", "...  TFO mode sendto, no data: EINPROGRESS\n connected")
    assert told("exim", later) == OPENED


def test_debugging_output_may_stand_inside_a_reply(told: Told) -> None:
    debug = OPENING.replace(
        "         250 HELP", "read response data: size=14\n         250 HELP\n         250 not a line of a finished reply"
    )
    assert told("exim", debug) == OPENED


def test_a_failed_connection_and_the_next_host(told: Told) -> None:
    text = "Connecting to a [192.0.2.1]:25 ... failed: Connection refused\nConnecting to b [192.0.2.2]:25 ... connected\n  SMTP<< 220 hi\n"
    assert told("exim", text) == ["c1 (failed ECONNREFUSED)", "c2 (connected 192.0.2.2:25)", "c2 S: 220 hi"]


@pytest.mark.parametrize(
    ("lines", "is_inferred"),
    [("  SMTP>> (writing message)\n  SMTP>> .\n", False), ('  SMTP>> writing message and terminating "."\n', True)],
)
def test_the_message_is_not_in_the_log(reading: Reading, told: Told, lines: str, is_inferred: bool) -> None:
    text = OPENING + "  SMTP>> DATA\n  SMTP<< 354 go\n" + lines + "  SMTP<< 250 OK\n"
    assert told("exim", text)[8:] == ["c1 # message (not in the transcript)", "c1 C: .", "c1 S: 250 OK"]
    dot = reading("exim", text.encode()).events[9]
    assert isinstance(dot, SocketAct) and dot.inferred is is_inferred and dot.hidden == (Hidden(0, 0, "elided", "message"),)


@pytest.mark.parametrize(("text", "start"), [("AUTH PLAIN ********", 11), ("********", 0)])
def test_masked_credentials_are_hidden_and_as_long_as_they_were(reading: Reading, text: str, start: int) -> None:
    act = reading("exim", (OPENING + f"  SMTP>> {text}\n").encode()).events[-1]
    assert isinstance(act, SocketAct) and act.hidden == (Hidden(start, 8, "credentials"),)


def test_half_close_is_told_honestly(told: Told) -> None:
    text = OPENING + "  SMTP+> QUIT\n  SMTP(shutdown)>>\n  SMTP<< 221 Bye\n  SMTP(close)>>\n"
    assert told("exim", text)[6:] == ["c1 C: QUIT", "c1 (shut local)", "c1 S: 221 Bye", "c1 (closed local)"]


def test_who_closed_first_is_said_only_where_it_is_known(told: Told) -> None:
    assert told("exim", OPENING + "  SMTP(close)>>\n")[6:] == ["c1 (closed)"]
    assert told("exim", OPENING + "  SMTP(closed)<<\n")[6:] == ["c1 (closed remote)"]


def test_tls_is_concluded_from_starttls_and_its_220(told: Told) -> None:
    text = OPENING + "  SMTP>> STARTTLS\n  SMTP<< 220 go\n  SMTP>> EHLO client.lab.test\n"
    assert told("exim", text)[8:] == ["c1 (tls starttls)", "c1 C(tls): EHLO client.lab.test"]
    refused = OPENING + "  SMTP>> STARTTLS\n  SMTP<< 454 no\n  SMTP>> MAIL FROM:<>\n"
    assert told("exim", refused)[8:] == ["c1 C: MAIL FROM:<>"]


def test_the_servers_log_has_the_arrows_turned_round(told: Told) -> None:
    text = (
        "SMTP>> 220 mx ESMTP\nsmtp_setup_msg entered\nSMTP<< EHLO c\nSMTP>> 250-mx Hello c\n       250 HELP\n250-mx Hello c\nSMTP<< QUIT\n"
    )
    assert told("exim", text) == ["c1 S: 220 mx ESMTP", "c1 C: EHLO c", "c1 S: 250-mx Hello c", "c1 S: 250 HELP", "c1 C: QUIT"]

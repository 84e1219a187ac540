"""Several inputs, standard input, and what is said of how they were understood."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import POP3, SMTP, SWAKS, Run, capture, conversation
from tests.sources.capture import craft

ONE_RUN = "the inputs do not overlap in time: read as one run, in order of their first packet"
INDEPENDENT = "the inputs are read as independent, one after the other"


def split() -> None:
    """One conversation in two files of a ring: the second file has its last packets."""
    packets = conversation(1)
    for name, part in (("first.pcap", packets[:3]), ("second.pcap", packets[3:])):
        Path(name).write_bytes(capture(part))


def test_a_ring_is_one_run_in_order_of_time_whatever_the_order_of_its_names(seqdiag: Run) -> None:
    split()
    for names in (("first.pcap", "second.pcap"), ("second.pcap", "first.pcap")):
        done = seqdiag("sessions", "--json", *names)
        (row,) = done.rows
        assert (row["opened"], row["packets"], row["bytes"]) == ("handshake", {"client": 3, "server": 2}, {"client": 6, "server": 7})
        assert ONE_RUN in done.err
        figure = json.loads(seqdiag("draw", "-T", "json", *names).raw)
        assert figure["subtitle"].startswith("first.pcap, second.pcap · ")
        assert [origin["source"] for message in figure["messages"] for origin in message["origins"]] == ["first.pcap"] * 3 + [
            "second.pcap"
        ] * 2


def test_inputs_that_overlap_are_independent(seqdiag: Run) -> None:
    Path("a.pcap").write_bytes(capture(conversation(1)))
    Path("b.pcap").write_bytes(capture(conversation(2, start=-0.99)))
    done = seqdiag("sessions", "--json", "a.pcap", "b.pcap")
    assert [(row["session"], row["client"]) for row in done.rows] == [(1, "10.0.1.1:40000"), (2, "10.0.1.2:40000")]
    assert INDEPENDENT in done.err


def test_a_capture_and_a_transcript_are_independent(seqdiag: Run) -> None:
    done = seqdiag("sessions", "--json", SMTP, SWAKS)
    assert [row["session"] for row in done.rows] == [1, 2]
    assert INDEPENDENT in done.err
    assert "detected: swaks" in done.err
    assert seqdiag("draw", SMTP, SWAKS).code == 0


def test_one_input_is_not_spoken_of(seqdiag: Run) -> None:
    assert seqdiag("draw", SMTP).err == ""


def test_of_several_the_wrong_one_is_named(seqdiag: Run) -> None:
    done = seqdiag("draw", SMTP, "missing.pcap", POP3)
    assert (done.code, done.error) == (2, "missing.pcap: no such file")


def test_what_a_masked_and_a_clear_list_make_together_is_masked(seqdiag: Run) -> None:
    Path("masked.jsonl").write_bytes(seqdiag("events", SMTP).raw)
    Path("clear.jsonl").write_bytes(seqdiag("events", SWAKS, "--show-secrets").raw)
    both = seqdiag("events", "--show-secrets", "clear.jsonl", "masked.jsonl")
    assert both.rows[0]["redaction"] == "default"


def test_standard_input(seqdiag: Run, shell: Run) -> None:
    figure = seqdiag("draw", SMTP, "-T", "txt").out
    assert seqdiag("draw", "-", "-T", "txt", stdin=SMTP.read_bytes()).out.replace("stdin", "smtp.pcap") == figure
    piped = shell("draw", "-", "-T", "txt", stdin=SMTP.read_bytes())  # a pipe, which cannot go back
    assert piped.out.replace("stdin", "smtp.pcap") == figure
    done = seqdiag("draw", "-")
    assert (done.code, done.error) == (3, "stdin: empty file")
    assert seqdiag("draw", "-", stdin=craft.pcap([])).code == 4


def test_detection_can_be_overruled(seqdiag: Run) -> None:
    Path("x.log").write_text("S: 220 x\nC: QUIT\n")
    assert seqdiag("draw", "x.log", "--from", "cs").code == 0
    assert seqdiag("draw", "x.log", "--from", "capture").code == 3


def test_two_captures_of_one_conversation_are_points_of_it_whatever_their_clocks_say(seqdiag: Run) -> None:
    Path("a.pcap").write_bytes(capture(conversation(1)))
    Path("b.pcap").write_bytes(capture(conversation(1, start=100.0)))
    done = seqdiag("sessions", "--json", "a.pcap", "b.pcap")
    assert [(row["session"], row["taken_at"], row["evidence"]) for row in done.rows] == [(1, "both", ["two captures"])]
    assert "capture points" in done.err


def test_points_say_so_outright(seqdiag: Run) -> None:
    Path("a.pcap").write_bytes(capture(conversation(1)))
    Path("b.pcap").write_bytes(capture(conversation(1)))
    assert seqdiag("sessions", "--json", "--points", "a.pcap,b.pcap").rows == seqdiag("sessions", "--json", "a.pcap", "b.pcap").rows
    assert seqdiag("draw", "--points", "a.pcap,b.pcap", "-o", "b.pcap").code == 2  # an input is never overwritten
    assert seqdiag("sessions", "--json").code == 2


def test_the_event_list_of_two_points_draws_the_same_figure(seqdiag: Run) -> None:
    Path("a.pcap").write_bytes(capture(conversation(1)))
    Path("b.pcap").write_bytes(capture(conversation(1, start=0.001)))
    assert seqdiag("events", "a.pcap", "b.pcap", "-o", "both.events.jsonl").code == 0
    assert seqdiag("draw", "both.events.jsonl", "-o", "again.svg").code == 0
    assert seqdiag("draw", "a.pcap", "b.pcap", "-o", "once.svg").code == 0
    assert Path("again.svg").read_bytes() == Path("once.svg").read_bytes()

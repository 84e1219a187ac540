"""The way through the states."""

from __future__ import annotations

import seqdiag
from seqdiag.composer import ComposeOptions
from seqdiag.diagram import Diagram, Path
from seqdiag.pipeline import Selection, diagram, dialogues, read
from seqdiag.protocols import PROTOCOLS
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples"


def figure(name: str, decode_as: str | None = None, **options: object) -> Diagram:
    understood = read([next(EXAMPLES.glob(f"{name}/*.pcap"), EXAMPLES / name / "session.txt")])
    selection = Selection(decode_as={("tcp", 25): decode_as} if decode_as else {})
    return diagram(understood, dialogues(understood, selection), ComposeOptions(**options))  # type: ignore[arg-type]


def way(path: Path) -> str:
    return " ".join([path.start, *(f"-[{move.happened}]- {move.after}" for move in path.moves)])


def test_a_mail_session() -> None:
    (path,) = figure("smtp").paths
    assert way(path) == (
        "connected -[EHLO 2yz]- greeted -[AUTH 2yz]- authenticated -[MAIL 2yz]- mail -[RCPT 2yz]- rcpt -[DATA 3yz]- data"
        " -[message 2yz]- greeted -[QUIT 2yz]- closed"
    )
    assert not any(move.inferred for move in path.moves) and path.end is None
    assert all(move.t is not None and move.n for move in path.moves)


def test_a_mailbox() -> None:
    (path,) = figure("pop3", lang="zh").paths
    assert way(path).startswith(
        "connected -[问候 +OK]- AUTHORIZATION -[USER +OK]- AUTHORIZATION -[PASS +OK]- TRANSACTION -[STAT +OK]- TRANSACTION"
    )
    assert way(path).endswith("-[QUIT]- UPDATE -[QUIT +OK]- closed")


def test_a_cut_session_says_so() -> None:
    (path,) = figure("smtp-rst").paths
    assert (path.moves[-1].after, path.end) == ("mail", "the connection ends here")


def test_tls_has_a_path_of_its_own() -> None:
    smtp, tls = figure("smtp-starttls").paths
    assert (smtp.machine, smtp.moves[-1].after, tls.machine) == ("smtp", "tls", "tls")
    assert (
        way(tls) == "start -[ClientHello]- hello -[ServerHello]- negotiated -[ChangeCipherSpec]- negotiated -[Application Data]- protected"
    )


def test_tcp_where_the_protocol_has_no_states() -> None:
    client, server = figure("smtp-rst", "opaque").paths
    assert way(client) == "CLOSED -[send SYN]- SYN-SENT -[receive SYN+ACK]- ESTABLISHED -[send RST]- CLOSED"
    assert way(server) == "LISTEN -[send SYN+ACK]- SYN-RECEIVED -[receive ACK of SYN]- ESTABLISHED -[receive RST]- CLOSED"
    assert (client.role, server.role, client.end) == ("client", "server", None)


def test_a_session_that_was_joined_late() -> None:
    """Its first step is by no rule."""
    from tests.talk import lines, recording, understood

    known = understood(recording(lines("C: RCPT TO:<b@x>", "S: 250 2.1.5 Ok", "C: DATA", "S: 354 go"), 25))
    (path,) = diagram(known, dialogues(known), ComposeOptions()).paths
    assert [(move.before, move.after, move.inferred) for move in path.moves] == [("connected", "rcpt", True), ("rcpt", "data", False)]


def test_a_machine_has_all_of_its_table() -> None:
    (machine,) = figure("smtp").machines
    assert len(machine.rules) == len(PROTOCOLS["smtp"].TRANSITIONS)
    assert all(state.meaning for state in machine.states)


def test_a_session_begins_where_its_table_does() -> None:
    for name in PROTOCOLS:
        table, decoder = PROTOCOLS[name].TRANSITIONS, PROTOCOLS[name].decoder()
        assert not table or getattr(decoder, "state", None) in (None, next(iter(table))[0]), name


def test_conversations_of_all_chosen_sessions() -> None:
    (one,) = seqdiag.draw(EXAMPLES / "smtp-rst" / "smtp-rst.pcap", names={"127.0.0.1": "mail"}, first=1).diagram.conversations
    assert (one.client, one.server, one.port, one.protocol, one.outcome, one.messages) == ("127.0.0.2", "mail", 25, "SMTP", "reset", 5)

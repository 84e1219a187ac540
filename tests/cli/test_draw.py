"""`seqdiag draw`: formats, languages, what is drawn of what, and who stands where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seqdiag.cli.draw import FORMATS
from seqdiag.renderers import SUFFIXES
from tests.cli.conftest import POP3, RST, SMTP, SWAKS, Run, capture, conversation
from tests.sources.capture import craft

BEGIN = {
    "svg": b"<svg",
    "png": b"\x89PNG\r\n",
    "pdf": b"%PDF-",
    "plantuml": b"@startuml",
    "mermaid": b"sequenceDiagram",
    "text": b"SMTP session",
    "json": b"{",
}
BEGIN |= {"dot": b"digraph hosts {", "states": b"digraph states {", "puml-timing": b"@startuml"}


def figure(done: Any) -> dict[str, Any]:
    """The Diagram of `-T json`."""
    assert done.code == 0, done.err
    found = json.loads(done.raw)
    assert isinstance(found, dict)
    return found


def labels(diagram: dict[str, Any]) -> list[str]:
    return ["\n".join(" ".join(run["text"] for run in line["runs"]) for line in message["lines"]) for message in diagram["messages"]]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.usefixtures("chinese")
def test_the_suffix_names_the_format(seqdiag: Run, suffix: str) -> None:
    done = seqdiag("draw", SMTP, "-o", f"figure{suffix.upper()}")
    assert (done.code, done.raw) == (0, b"")
    assert BEGIN[SUFFIXES[suffix]] in Path(f"figure{suffix.upper()}").read_bytes()[:400]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.usefixtures("chinese")
def test_a_name_of_the_format_wins_over_the_suffix(seqdiag: Run, name: str) -> None:
    assert BEGIN[FORMATS[name]] in seqdiag("draw", SMTP, "-T", name).raw[:400]
    assert seqdiag("draw", SMTP, "-T", name, "-o", "x.dat").code == 0
    assert BEGIN[FORMATS[name]] in Path("x.dat").read_bytes()[:400]


def test_without_an_output_it_is_svg_and_to_a_terminal_text(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert seqdiag("draw", SMTP).raw.startswith(b"<svg")
    monkeypatch.setattr("seqdiag.cli.console.to_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    text = seqdiag("draw", SMTP).out
    assert text.startswith("SMTP session\n")
    assert max(map(len, text.splitlines())) <= 100


def test_the_same_input_gives_the_same_bytes(seqdiag: Run) -> None:
    assert seqdiag("draw", SMTP).raw == seqdiag("draw", SMTP).raw


def test_an_output_is_replaced_and_keeps_its_mode(seqdiag: Run) -> None:
    Path("x.svg").write_text("old")
    Path("x.svg").chmod(0o640)
    assert seqdiag("draw", SMTP, "-o", "x.svg").code == 0
    assert Path("x.svg").read_bytes().startswith(b"<svg")
    assert Path("x.svg").stat().st_mode & 0o777 == 0o640


def test_first_draws_so_many_and_says_how_many_there_are(seqdiag: Run) -> None:
    whole = figure(seqdiag("draw", SMTP, "-T", "json"))
    few = figure(seqdiag("draw", SMTP, "-T", "json", "--first", "4"))
    total = len(whole["messages"])
    assert labels(few) == labels(whole)[:4]
    assert f"4 of {total} messages shown." in few["caption"]
    assert [note["text"] for note in few["notes"]] == [f"{total - 4} more messages not drawn (--first or --no-fold draws more)"]


def test_tcp_full_phases_none(seqdiag: Run) -> None:
    counts = {}
    for tcp in ("full", "phases", "none"):
        diagram = figure(seqdiag("draw", SMTP, "-T", "json", "--tcp", tcp))
        counts[tcp] = [message["weight"] for message in diagram["messages"]]
    assert set(counts["none"]) == {"data"}
    assert counts["phases"].count("control") == 6  # SYN, SYN+ACK, ACK; FIN, FIN, ACK
    assert "ack" not in counts["phases"]
    assert counts["full"].count("ack") == 6
    assert len({kind.count("data") for kind in counts.values()}) == 1
    everything = figure(seqdiag("draw", SMTP, "-T", "json", "--tcp", "full"))
    assert "All 38 segments drawn." in everything["caption"]


def test_chinese(seqdiag: Run) -> None:
    diagram = figure(seqdiag("draw", POP3, "-T", "json", "--lang", "zh"))
    assert diagram["lang"] == "zh"
    assert diagram["title"] == "POP3 会话"
    assert [p["name"] for p in diagram["participants"]] == ["客户端", "服务器"]
    assert "登录成功，邮箱已锁定" in seqdiag("draw", POP3, "-T", "txt", "--lang", "zh").out


def test_a_title_and_names(seqdiag: Run) -> None:
    done = seqdiag("draw", SMTP, "-T", "json", "--title", "My <session>", "--name", "127.0.0.1:25=mail=x", "--name", "127.0.0.2=me")
    diagram = figure(done)
    assert diagram["title"] == "My <session>"
    assert [(p["name"], p["address"].rpartition(":")[0]) for p in diagram["participants"]] == [("me", "127.0.0.2"), ("mail=x", "127.0.0.1")]


def test_two_addresses_with_one_label_share_a_column(seqdiag: Run, many: Path) -> None:
    assert len(figure(seqdiag("draw", many, "-s", "1-3", "-T", "json"))["participants"]) == 4
    named = figure(seqdiag("draw", many, "-s", "1-3", "-T", "json", "--name", "10.0.1.1=us", "--name", "10.0.1.2=us"))
    assert [p["name"] for p in named["participants"]] == ["us", "Client", "Server"]
    assert [(s["client"], s["server"]) for s in named["sessions"]] == [("p1", "p3"), ("p1", "p3"), ("p2", "p3")]


def test_many_conversations_ask_for_a_choice(seqdiag: Run, many: Path) -> None:
    done = seqdiag("draw", many)
    assert (done.code, done.raw) == (4, b"")
    assert "many.pcap: 9 conversations match (1: 10.0.1.1:40000 to 10.0.0.2:25; 2: " in done.error
    assert done.error.endswith("choose with -s N, or -s all")
    assert seqdiag("draw", many, "--port", "25").code == 4
    for choice, count in (("all", 9), ("1-9", 9), ("1,3-4", 3), ("9", 1), ("8-40", 2)):
        assert len(figure(seqdiag("draw", many, "-s", choice, "-T", "json"))["sessions"]) == count, choice
    assert len(figure(seqdiag("draw", many, "--host", "10.0.1.7", "-T", "json"))["sessions"]) == 1


def test_eight_are_drawn_unasked_in_order_of_time(seqdiag: Run) -> None:
    talks = [conversation(number, start=-2.005 * number) for number in range(1, 9)]  # the later number began earlier, and they overlap
    Path("eight.pcap").write_bytes(capture(*talks))
    diagram = figure(seqdiag("draw", "eight.pcap", "-T", "json"))
    assert len(diagram["sessions"]) == 8
    times = [message["t"] for message in diagram["messages"]]
    assert times == sorted(times)


def test_filters(seqdiag: Run) -> None:
    Path("x.pcap").write_bytes(capture(conversation(1), conversation(2, b"+OK POP3 ready\r\n", port=110), conversation(3, port=2525)))

    def numbers(*args: str) -> list[int]:
        return [row["session"] for row in seqdiag("sessions", "x.pcap", "--json", *args).rows]

    assert numbers() == [1, 2, 3]
    assert numbers("--host", "10.0.1.2") == [2]
    assert numbers("--host", "10.0.1.2", "--host", "10.0.1.3") == [2, 3]
    assert numbers("--host", "10.0.0.2") == [1, 2, 3]
    assert numbers("--port", "110", "--port", "2525") == [2, 3]
    assert numbers("--proto", "POP3") == [2]
    assert numbers("-s", "all", "--port", "25") == [1]
    assert numbers("-s", "2,3", "--port", "25") == []


def test_decode_as_reads_a_port_as_a_protocol(seqdiag: Run) -> None:
    Path("x.pcap").write_bytes(capture(conversation(1, b"hello there\r\n", port=2525)))
    unknown = seqdiag("draw", "x.pcap")
    assert "conversation 1 (10.0.1.1:40000 to 10.0.0.2:2525): no decoder knows its protocol; drawn as bytes" in unknown.err
    assert seqdiag("sessions", "x.pcap", "--json").rows[0]["protocol"] is None
    for how in ("tcp.port==2525,smtp", " tcp.port == 2525 , SMTP "):
        assert seqdiag("sessions", "x.pcap", "--json", "-d", how).rows[0]["protocol"] == "smtp"
    for elsewhere in ("tcp.port==25,smtp", "udp.port==2525,smtp"):
        assert seqdiag("sessions", "x.pcap", "--json", "-d", elsewhere).rows[0]["protocol"] is None
    assert seqdiag("draw", "x.pcap", "-d", "tcp.port==2525,smtp", "-T", "txt").out.startswith("SMTP session")


def test_a_column_more_than_a_figure_holds_is_said(seqdiag: Run) -> None:
    Path("x.pcap").write_bytes(capture(*(conversation(number) for number in range(1, 130))))
    diagram = figure(seqdiag("draw", "x.pcap", "-s", "all", "-T", "json"))
    assert len(diagram["participants"]) == 100
    assert "99 of 129 sessions shown." in diagram["caption"]
    assert "30 more sessions not drawn (-s chooses)" in [note["text"] for note in diagram["notes"]]
    assert len(figure(seqdiag("draw", "x.pcap", "-s", "all", "--no-fold", "-T", "json"))["participants"]) == 130


def test_no_explain_leaves_every_meaning_out(seqdiag: Run) -> None:
    pipelined = SMTP.parent.parent / "smtp-pipelining" / "smtp-pipelining.pcap"
    for given in (SMTP, pipelined):
        with_it = figure(seqdiag("draw", given, "-T", "json"))
        without = figure(seqdiag("draw", given, "-T", "json", "--no-explain"))
        assert any(line["meaning"] for message in with_it["messages"] for line in message["lines"])
        assert not any(line["meaning"] for message in without["messages"] for line in message["lines"])
        assert labels(with_it) == labels(without)


def test_show_secrets_says_so(seqdiag: Run) -> None:
    hidden = figure(seqdiag("draw", SMTP, "-T", "json"))
    shown = figure(seqdiag("draw", SMTP, "-T", "json", "--show-secrets"))
    assert any("[hidden]" in label for label in labels(hidden))
    assert not any("[hidden]" in label for label in labels(shown))
    assert "Passwords and tokens are shown on request." in shown["caption"]


def test_times_as_asked(seqdiag: Run) -> None:
    seen = {times: seqdiag("draw", SMTP, "-T", "txt", "-t", times).out for times in ("r", "d", "a", "ad")}
    assert len(set(seen.values())) == 4


def test_a_transcript_is_drawn_without_times(seqdiag: Run) -> None:
    done = seqdiag("draw", SWAKS, "-T", "json")
    assert "seqdiag: detected: swaks, " in done.err
    diagram = figure(done)
    assert not diagram["timed"]
    assert diagram["caption"][0] == "Order only: the source has no times."


def test_remarks_on_one_connection_go_to_standard_error(seqdiag: Run) -> None:
    packets = [data for _, data in conversation(1)]
    late = [craft.ipv4(craft.tcp(b"", seq=900_000_000 + n, ack=5008, flags=0x14), src=bytes((10, 0, 1, 1)), identity=n) for n in range(3)]
    Path("x.pcap").write_bytes(craft.pcap([*packets, *map(craft.ethernet, late)]))
    done = seqdiag("draw", "x.pcap", "-T", "json")
    assert "a reset outside the window, which the receiver ignores (and 2 times more)" in done.err
    assert "Note: a reset outside the window, which the receiver ignores." in figure(done)["caption"]


def test_a_flood_of_remarks_is_counted(seqdiag: Run) -> None:
    errors = []
    for n in range(60):
        inner = craft.ipv4(craft.tcp(b"", sport=1000 + n)[:8])
        errors.append(craft.ethernet(craft.ipv4(b"\3\3\0\0\0\0\0\0" + inner, protocol=1, src=craft.SERVER, dst=craft.CLIENT)))
    Path("x.pcap").write_bytes(craft.pcap([*errors, *(data for _, data in conversation(1))]))
    done = seqdiag("draw", "x.pcap")
    assert done.code == 0
    assert len(done.err.splitlines()) <= 21
    assert "40 more remarks of other kinds" in done.err


def test_a_reset_ends_in_a_phase_of_its_own(seqdiag: Run) -> None:
    diagram = figure(seqdiag("draw", RST, "-T", "json"))
    assert [phase["kind"] for phase in diagram["phases"]] == ["handshake", "dialogue", "abort"]


def test_templates_of_the_users_own(seqdiag: Run) -> None:
    from seqdiag.templating import template_folder

    folder = Path("mine/mermaid")
    folder.mkdir(parents=True)
    for template in (template_folder() / "mermaid").iterdir():
        (folder / template.name).write_text("%% mine\n" + template.read_text())
    assert "%% mine" in seqdiag("draw", SMTP, "-T", "mmd", "--templates", "mine").out
    assert "%% mine" not in seqdiag("draw", SMTP, "-T", "mmd").out


def test_columns_in_the_order_asked_for(seqdiag: Run, many: Path) -> None:
    done = seqdiag("draw", many, "-s", "1-3", "-T", "json", "--name", "10.0.1.2=second", "--order", "10.0.0.2:25, second")
    assert [p["address"] for p in figure(done)["participants"]] == ["10.0.0.2:25", "10.0.1.2:40000", "10.0.1.1:40000", "10.0.1.3:40000"]
    wrong = seqdiag("draw", many, "-s", "1", "--order", "server,Client")
    assert (wrong.code, wrong.error) == (2, "order: no column is called 'server'; known: 10.0.1.1:40000, 10.0.0.2:25")


@pytest.mark.usefixtures("chinese")
def test_the_scale_of_a_png(seqdiag: Run) -> None:
    size = {n: int.from_bytes(seqdiag("draw", SMTP, "-T", "png", "--scale", n).raw[16:20]) for n in ("0.5", "2")}
    assert abs(size["2"] - 4 * size["0.5"]) <= 2
    assert seqdiag("draw", SMTP, "-T", "png", "--scale", "9").error.startswith("Invalid value for '--scale'")


def test_a_picture_is_not_for_a_terminal(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqdiag.cli.console.to_terminal", lambda: True)
    for form in ("png", "pdf"):
        done = seqdiag("draw", SMTP, "-T", form)
        assert (done.code, done.raw) == (2, b"")
        assert done.error.startswith(f"-T {form}: is not for a terminal; name a file with -o")


def test_a_picture_without_a_font_is_exit_5(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seqdiag.renderers.fonts.folders", lambda: ())
    done = seqdiag("draw", SMTP, "-o", "x.png", "--lang", "zh")
    assert (done.code, Path("x.png").exists()) == (5, False)
    assert "fonts-noto-cjk" in done.error

"""The verbs as functions: `seqdiag.draw(...)`, `sessions`, `messages`, `event_list`, and the Figure they give."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

import seqdiag
from seqdiag.cli import main
from seqdiag.diagram import Diagram
from seqdiag.errors import DamagedInput, InputError, NothingMatched, OutputError, UsageError
from seqdiag.renderers import RENDERERS, SUFFIXES
from tests.conftest import ROOT

SMTP = ROOT / "examples" / "smtp" / "smtp.pcap"
POP3 = ROOT / "examples" / "pop3" / "pop3.pcap"
SWAKS = ROOT / "examples" / "swaks" / "session.log"


def by_command(capsysbinary: pytest.CaptureFixture[bytes], *args: object) -> bytes:
    assert main([str(arg) for arg in args]) == 0
    return capsysbinary.readouterr().out


@pytest.mark.parametrize("renderer", list(RENDERERS))
@pytest.mark.usefixtures("chinese")
def test_a_figure_is_that_of_the_command_line(capsysbinary: pytest.CaptureFixture[bytes], renderer: str) -> None:
    assert seqdiag.draw(SMTP).render(renderer) == by_command(capsysbinary, "draw", SMTP, "-T", renderer)
    options = ["--lang", "zh", "--tcp", "full", "--title", "T", "--name", "127.0.0.1=S", "--no-explain", "--first", "9", "--theme", "dark"]
    figure = seqdiag.draw(str(SMTP), lang="zh", tcp="full", title="T", names={"127.0.0.1": "S"}, explain=False, first=9, theme="dark")
    assert figure.render(renderer) == by_command(capsysbinary, "draw", SMTP, "-T", renderer, *options)


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.usefixtures("chinese")
def test_save_writes_what_the_suffix_names(tmp_path: Path, suffix: str) -> None:
    figure = seqdiag.draw(SMTP)
    figure.save(tmp_path / f"x{suffix}")
    assert (tmp_path / f"x{suffix}").read_bytes() == figure.render(SUFFIXES[suffix])
    figure.save(str(tmp_path / f"x{suffix}"))
    assert [path.name for path in tmp_path.iterdir()] == [f"x{suffix}"]


def test_save_refuses_what_it_cannot_write_and_what_it_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no renderer writes '\.gif' files"):
        seqdiag.draw(SMTP).save(tmp_path / "x.gif")
    with pytest.raises(OutputError):
        seqdiag.draw(SMTP).save(tmp_path / "nowhere" / "x.svg")
    given = tmp_path / "in.svg"
    given.write_bytes(SMTP.read_bytes())
    with pytest.raises(UsageError, match="is also an input"):
        seqdiag.draw(given).save(given)
    assert given.read_bytes() == SMTP.read_bytes()


def test_jupyter_shows_the_svg_and_print_the_ladder() -> None:
    figure = seqdiag.draw(SMTP)
    assert figure._repr_svg_() == figure.svg == figure.render("svg").decode()
    assert figure.svg.startswith("<svg ")
    assert str(figure) == figure.render("text").decode()
    assert str(figure).startswith("SMTP session\n")
    assert isinstance(figure.diagram, Diagram)


def test_sessions_and_messages_are_the_rows_of_the_command_line(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    rows = by_command(capsysbinary, "sessions", SMTP, POP3, "--json").splitlines()
    assert [msgspec.json.encode(row) for row in seqdiag.sessions(SMTP, POP3)] == rows
    assert [row.protocol for row in seqdiag.sessions(SMTP, POP3)] == ["smtp", "pop3"]
    lines = by_command(capsysbinary, "messages", SMTP, "--json").splitlines()
    assert [msgspec.json.encode(row) for row in seqdiag.messages(SMTP)] == lines


def test_a_session_is_chosen_by_number() -> None:
    assert {row.session for row in seqdiag.messages(SMTP, POP3, session=2)} == {2}
    assert {row.session for row in seqdiag.messages(SMTP, POP3, session=[1, 2])} == {1, 2}
    assert len(seqdiag.draw(SMTP, POP3, session=2).diagram.sessions) == 1
    assert len(seqdiag.draw(SMTP, POP3).diagram.sessions) == 2
    with pytest.raises(NothingMatched, match="none of its 1 conversations matches"):
        seqdiag.draw(SMTP, session=3)


def test_the_event_list_draws_the_same(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    listed = seqdiag.event_list(SWAKS)
    assert listed == by_command(capsysbinary, "events", SWAKS)
    path = tmp_path / "x.events.jsonl"
    path.write_bytes(listed)
    assert seqdiag.draw(path).svg == seqdiag.draw(SWAKS).svg
    assert json.loads(listed.splitlines()[0])["redaction"] == "default"
    assert json.loads(seqdiag.event_list(SWAKS, show_secrets=True).splitlines()[0])["redaction"] == "none"


def test_secrets_are_hidden_unless_asked_for() -> None:
    hidden, shown = seqdiag.draw(POP3), seqdiag.draw(POP3, show_secrets=True)
    assert "[hidden]" in str(hidden)
    assert "[hidden]" not in str(shown)
    assert any(row.text.startswith("[hidden]") for row in seqdiag.messages(SMTP))
    assert not any(row.text.startswith("[hidden]") for row in seqdiag.messages(SMTP, show_secrets=True))


def test_errors_are_ours(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        seqdiag.draw(tmp_path / "missing.pcap")
    empty = tmp_path / "empty.pcap"
    empty.write_bytes(b"")
    with pytest.raises(InputError, match="empty file"):
        seqdiag.sessions(empty)
    cut = tmp_path / "cut.pcap"
    cut.write_bytes(SMTP.read_bytes()[:-7])
    assert seqdiag.sessions(cut)
    for verb in (seqdiag.draw, seqdiag.sessions, seqdiag.messages, seqdiag.event_list):
        with pytest.raises(DamagedInput, match=r"cut\.pcap"):
            verb(cut, strict=True)
    with pytest.raises(UsageError, match="unknown input format"):
        seqdiag.draw(SMTP, from_format="word")


def test_a_format_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("S: 220 x ESMTP\nC: EHLO c\n")
    assert [row.verb or row.code for row in seqdiag.messages(path, from_format="cs")] == ["220", "EHLO"]


def test_the_figure_does_not_fold_where_told(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    path.write_text("S: 220 x ESMTP\n" + "".join(f"C: NOOP {n}\nS: 250 ok\n" for n in range(1001)))
    assert len(seqdiag.draw(path).diagram.messages) == 2000
    assert len(seqdiag.draw(path, fold=False).diagram.messages) == 2003

"""`seqdiag draw --notes`, `--split`: a person's own notes beside a capture, and figures in pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import SMTP, Run
from tests.cli.test_draw import figure, labels
from tests.conftest import ROOT

NOTES = """
title = "Why it failed"
order = ["mail", "Client"]

[names]
"127.0.0.1:25" = "mail"

[[message]]
match = "EHLO"
note = "here"
highlight = true
"""


def written(text: str) -> Path:
    shutil.copy(SMTP, "mail.pcap")
    Path("mail.notes.toml").write_text(text)
    return Path("mail.pcap")


def test_notes_beside_a_single_input_are_found_and_said(seqdiag: Run) -> None:
    done = seqdiag("draw", written(NOTES), "-T", "json")
    diagram = figure(done)
    assert "seqdiag: notes: mail.notes.toml (--no-notes leaves them out)\n" in done.err
    assert diagram["title"] == "Why it failed"
    assert [p["name"] for p in diagram["participants"]] == ["mail", "Client"]
    assert [note["text"] for note in diagram["notes"]] == ["here"]
    assert [m["marks"] for m in diagram["messages"] if m["marks"]] == [["highlight"]]
    quiet = seqdiag("draw", "mail.pcap", "-T", "json", "-q")
    assert (quiet.raw, quiet.err) == (done.raw, "")


def test_notes_can_be_left_out_or_named(seqdiag: Run) -> None:
    plain = figure(seqdiag("draw", SMTP, "-T", "json"))
    assert labels(figure(seqdiag("draw", written(NOTES), "-T", "json", "--no-notes"))) == labels(plain)
    done = seqdiag("draw", SMTP, "-T", "json", "--notes", "mail.notes.toml")
    assert figure(done)["title"] == "Why it failed"
    assert "notes:" not in done.err
    two = seqdiag("draw", "mail.pcap", SMTP, "-T", "json")
    assert figure(two)["title"] != "Why it failed"


def test_the_command_line_wins(seqdiag: Run) -> None:
    options = ("--title", "Mine", "--name", "127.0.0.1=mx", "--order", "Client")
    diagram = figure(seqdiag("draw", written(NOTES), "-T", "json", *options))
    assert (diagram["title"], [p["name"] for p in diagram["participants"]]) == ("Mine", ["Client", "mx"])


def test_a_highlight_shows_in_every_text(seqdiag: Run) -> None:
    written(NOTES)
    assert "» EHLO" in seqdiag("draw", "mail.pcap", "-T", "txt").out
    assert "> EHLO" in seqdiag("draw", "mail.pcap", "-T", "txt", "--ascii").out
    assert "rect rgba(255, 200, 0, 0.28)\n" in seqdiag("draw", "mail.pcap", "-T", "mmd").out
    assert "<b><back:#fff1a8>EHLO" in seqdiag("draw", "mail.pcap", "-T", "puml").out


def test_a_note_that_finds_no_message_is_a_warning_and_under_strict_an_error(seqdiag: Run) -> None:
    path = written('[[message]]\nn = 1\nnote = "x"\n\n[[message]]\nn = 999\nnote = "y"\n')
    lost = "mail.notes.toml:5: message 2 (n 999) selects no message of this figure"
    done = seqdiag("draw", path, "-T", "txt")
    assert done.code == 0
    assert f"seqdiag: {lost}\n" in done.err
    strict = seqdiag("draw", path, "-T", "txt", "--strict")
    assert (strict.code, strict.raw, strict.error) == (6, b"", f"{lost} (without --strict, the rest is drawn)")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('tilte = "x"', "mail.notes.toml: has an unknown field `tilte`"),
        ("title = 3", "mail.notes.toml: title: expected `str | null`, got `int`"),
        ('# one\n[[message]]\nn = 1\nnte = "x"', "mail.notes.toml:2: message 1: has an unknown field `nte`"),
        ('[[message]]\nn = 0\nnote = "x"', "mail.notes.toml:1: message 1, n: expected `int` >= 1"),
        ('message = [{n = 1, place = "over", note = "x"}]', "mail.notes.toml: message 1, place: invalid enum value 'over'"),
        ('[[message]]\nnote = "x"', "mail.notes.toml:1: message 1: selects no message: give it n, frame or match"),
        ("[[message]]\nn = 1", "mail.notes.toml:1: message 1: does nothing: give it note, highlight, hide or text"),
        ("[[message]]\nn = 1\nhide = true\nhighlight = true", "mail.notes.toml:1: message 1: hide leaves nothing to highlight"),
        ('[[message]]\nn = 1\nhide = true\nplace = "after"', "mail.notes.toml:1: message 1: place is for a note"),
        ("[[message]", "mail.notes.toml: cannot be read as TOML: "),
        ("a = " + "[" * 5000, "mail.notes.toml: cannot be read as TOML: "),
        ("x" * (1 << 20) + "y", "mail.notes.toml: is larger than 1,048,576 bytes: no notes file"),
    ],
)
def test_what_is_not_understood_is_an_error_that_names_its_place(seqdiag: Run, text: str, error: str) -> None:
    done = seqdiag("draw", written(text), "-o", "x.svg")
    assert (done.code, done.error[: len(error)]) == (3, error)
    assert not Path("x.svg").exists()


def test_a_notes_file_that_is_not_there_and_one_that_is_the_output(seqdiag: Run) -> None:
    done = seqdiag("draw", SMTP, "--notes", "none.toml")
    assert (done.code, done.error) == (2, "none.toml: no such file")
    done = seqdiag("draw", written(NOTES), "-T", "txt", "-o", "mail.notes.toml")
    assert (done.code, done.error) == (2, "mail.notes.toml: is also an input; name another output")


def test_pages_are_files_of_their_own(seqdiag: Run) -> None:
    total = len(figure(seqdiag("draw", SMTP, "-T", "json"))["messages"])
    done = seqdiag("draw", SMTP, "-o", "fig.json", "--split", "10")
    names = [f"fig-{number}.json" for number in range(1, -(-total // 10) + 1)]
    assert (done.code, done.raw) == (0, b"")
    assert sorted(path.name for path in Path().iterdir()) == names
    assert f"seqdiag: {len(names)} pages: {names[0]} to {names[-1]}\n" in done.err
    one = seqdiag("draw", SMTP, "-o", "one.svg", "--split", "1000")
    assert "seqdiag: 1 page: one-1.svg\n" in one.err


def test_pages_need_files(seqdiag: Run) -> None:
    done = seqdiag("draw", SMTP, "--split", "10")
    assert (done.code, done.raw) == (2, b"")
    assert done.error.startswith("--split writes a file for each page: name them with -o")


def test_where_one_page_cannot_be_written_none_is(seqdiag: Run) -> None:
    Path("fig-1.svg").write_text("old")
    Path("fig-3.svg").mkdir()
    done = seqdiag("draw", SMTP, "-o", "fig.svg", "--split", "10")
    assert done.code == 7
    assert done.error.startswith("fig-3.svg: cannot be written: ")
    assert Path("fig-1.svg").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["fig-1.svg", "fig-3.svg"]


def test_the_notes_that_the_documentation_shows_are_understood() -> None:
    from seqdiag.notes import read

    shown = (ROOT / "docs" / "notes.md").read_text("utf-8").split("```toml\n")[1].split("```")[0]
    Path("x.toml").write_text(shown)
    assert [str(entry) for entry in read("x.toml").messages] == ["match '550'", "match 'NOOP'"]

"""A flag wins over SEQDIAG_*, that over pyproject.toml, that over the user's file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SMTP, Run


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """Where the user's own settings are."""
    path = tmp_path / "config" / "seqdiag" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


def language(seqdiag: Run, *args: str) -> str:
    done = seqdiag(*args, "draw", SMTP, "-T", "txt") if args and args[0] == "--no-settings" else seqdiag("draw", SMTP, "-T", "txt", *args)
    assert done.code == 0, done.err
    return "zh" if done.out.startswith("SMTP 会话") else "en"


def test_each_wins_over_those_behind_it(seqdiag: Run, user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert language(seqdiag) == "en"
    user.write_text('lang = "zh"')
    assert language(seqdiag) == "zh"
    assert language(seqdiag, "--no-settings") == "en"
    Path("pyproject.toml").write_text('[tool.seqdiag]\nlang = "en"')
    assert language(seqdiag) == "en"
    monkeypatch.setenv("SEQDIAG_LANG", "zh")
    assert language(seqdiag) == "zh"
    monkeypatch.setenv("SEQDIAG_DRAW_LANG", "en")
    assert language(seqdiag) == "en"
    assert language(seqdiag, "--lang", "zh") == "zh"


def test_the_table_of_a_verb_wins_over_the_common_one(seqdiag: Run, user: Path) -> None:
    Path("pyproject.toml").write_text('[tool.seqdiag]\nlang = "en"\n[tool.seqdiag.draw]\nlang = "zh"')
    assert language(seqdiag) == "zh"


def test_the_files_complete_one_another(seqdiag: Run, user: Path) -> None:
    user.write_text('[draw]\nlang = "zh"\ntitle = "mine"')
    Path("pyproject.toml").write_text('[tool.seqdiag.draw]\ntitle = "ours"')
    assert seqdiag("draw", SMTP, "-T", "txt").out.splitlines()[0] == "ours"
    assert "客户端" in seqdiag("draw", SMTP, "-T", "txt").out


def test_the_nearest_pyproject_above_counts(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text('[tool.seqdiag]\nlang = "zh"')
    Path("a/b").mkdir(parents=True)
    monkeypatch.chdir("a/b")
    assert language(seqdiag) == "zh"
    Path("pyproject.toml").write_text("[project]\n")
    assert language(seqdiag) == "en"


def test_every_option_has_its_long_name(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text(
        '[tool.seqdiag]\nformat = "txt"\nname = "127.0.0.1=from a file"\nascii = true\nfold = false\nfirst = 3\nno-such-option-anywhere = 1'
    )
    text = seqdiag("draw", SMTP).out
    assert text.isascii()
    assert "from a file" in text
    assert "3 of " in text
    Path("pyproject.toml").write_text(
        '[tool.seqdiag]\nname = ["127.0.0.1=one", "127.0.0.2=two"]\nsession = 1\nhost = "127.0.0.1"\nport = 25'
    )
    assert {"one", "two"} < set(seqdiag("draw", SMTP, "-T", "txt").out.split())
    monkeypatch.setenv("SEQDIAG_PROTO", "pop3")
    assert seqdiag("draw", SMTP).code == 4
    monkeypatch.setenv("SEQDIAG_PROTO", "smtp pop3")
    assert seqdiag("draw", SMTP).code == 0
    monkeypatch.setenv("SEQDIAG_JSON", "1")
    assert seqdiag("sessions", SMTP).rows[0]["session"] == 1


def test_strict_for_all_verbs(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("cut.pcap").write_bytes(SMTP.read_bytes()[:-7])
    monkeypatch.setenv("SEQDIAG_STRICT", "1")
    assert seqdiag("sessions", "cut.pcap").code == 6


def test_colour_is_a_setting_of_the_program(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("pyproject.toml").write_text('[tool.seqdiag]\ncolor = "always"')
    assert b"\x1b[" in seqdiag("sessions", SMTP).raw
    monkeypatch.setenv("SEQDIAG_COLOR", "never")
    assert b"\x1b[" not in seqdiag("sessions", SMTP).raw


def test_what_shows_secrets_runs_code_or_writes_is_never_a_setting(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine/text").mkdir(parents=True)
    Path("pyproject.toml").write_text('[tool.seqdiag]\nshow-secrets = true\ntemplates = "mine"\noutput = "x.svg"')
    for name, value in (("SHOW_SECRETS", "1"), ("TEMPLATES", "mine"), ("OUTPUT", "x.svg"), ("DRAW_TEMPLATES", "mine")):
        monkeypatch.setenv(f"SEQDIAG_{name}", value)
    done = seqdiag("draw", SMTP, "-T", "txt")
    assert done.code == 0
    assert "[hidden]" in done.out
    assert not Path("x.svg").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[tool.seqdiag\n", "cannot be read as TOML"),
        ("tool = 3", "tool must be a table"),
        ("[tool]\nseqdiag = 3", "seqdiag must be a table"),
        ("[tool.seqdiag]\ndraw = 3", "draw must be a table"),
        ('[tool.seqdiag.draw]\nlnag = "zh"', "draw has no setting 'lnag'; known: "),
        ('[tool.seqdiag]\nlang = "klingon"', "'klingon' is not one of"),
        ("[tool.seqdiag]\nfirst = -1", "first"),
        ("[tool.seqdiag]\nfirst = {}", "first"),
        ('[tool.seqdiag]\nport = ["x"]', "port"),
    ],
)
def test_a_wrong_file_is_exit_2(seqdiag: Run, content: str, words: str) -> None:
    Path("pyproject.toml").write_text(content)
    done = seqdiag("draw", SMTP)
    assert (done.code, done.raw) == (2, b"")
    assert words in done.error
    assert seqdiag("--no-settings", "draw", SMTP).code == 0


def test_a_folder_that_is_gone_has_no_settings(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = Path("gone").absolute()
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert seqdiag("draw", SMTP).code == 0
    monkeypatch.chdir("/")

"""Every error of a user: its exit code, one line that names the input, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SMTP, Run
from tests.sources.capture import craft

VERBS = ("draw", "sessions", "messages", "events")
EMPTY_CAPTURE = craft.pcap([])
DAMAGED = SMTP.read_bytes()[:-7]


@pytest.mark.parametrize("verb", VERBS)
def test_no_such_file_is_exit_2(seqdiag: Run, verb: str) -> None:
    done = seqdiag(verb, "missing.pcap")
    assert (done.code, done.raw) == (2, b"")
    assert done.error == "missing.pcap: no such file"
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", 3, "x.pcap: empty file"),
        (b"\x7fELF" + bytes(200), 3, "x.pcap: of no known format"),
        (b"<html><body>\x1b]52;c;eA==\x07</body></html>", 3, "x.pcap: of no known format"),
        (craft.pcap_header()[:10], 3, "x.pcap"),
        (EMPTY_CAPTURE, 4, "x.pcap: no TCP or UDP conversation in it"),
    ],
)
def test_what_cannot_be_drawn(seqdiag: Run, verb: str, content: bytes, code: int, words: str) -> None:
    Path("x.pcap").write_bytes(content)
    done = seqdiag(verb, "x.pcap")
    assert (done.code, done.raw) == (code, b"")
    assert words in done.error
    assert "\x1b" not in done.err


def test_a_folder_is_no_input(seqdiag: Run, tmp_path: Path) -> None:
    assert seqdiag("draw", tmp_path).code == 2


def test_a_file_that_opens_and_cannot_be_read(seqdiag: Run) -> None:
    memory = Path("/proc/self/mem")
    if not memory.exists():
        pytest.skip("needs /proc/self/mem")
    done = seqdiag("draw", memory)
    assert done.code == 3
    assert "cannot be read" in done.error


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--proto", "gopher"), "unknown protocol 'gopher'"),
        (("-d", "tcp.port==25,gopher"), "unknown protocol 'gopher'"),
        (("-d", "25,smtp"), "-d 25,smtp: say it as tcp.port==2525,smtp"),
        (("-d", "tcp.port==²,smtp"), "say it as"),
        (("-s", "0"), "-s 0: conversations are numbers"),
        (("-s", "x"), "-s x: conversations are numbers"),
        (("-s", "3-1"), "-s 3-1"),
        (("-s", "5-"), "-s 5-"),
        (("-s", ""), "-s :"),
        (("-s", "1-9999999999"), "conversations are numbers"),
        (("--from", "word"), "unknown input format 'word'"),
        (("--port", "0"), "--port"),
        (("--max-packet", "0"), "--max-packet"),
        (("--no-such-flag",), "--no-such-flag"),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_wrong_options_are_exit_2(seqdiag: Run, verb: str, args: tuple[str, ...], words: str) -> None:
    done = seqdiag(verb, SMTP, *args)
    assert (done.code, done.raw) == (2, b"")
    assert words in done.error
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("-T", "gif"), "'gif' is not one of"),
        (("-o", "x.gif"), "no renderer writes '.gif' files"),
        (("-o", "x"), "no renderer writes '' files"),
        (("--name", "10.0.0.1"), "--name 10.0.0.1: say it as HOST=LABEL"),
        (("--name", "=label"), "say it as HOST=LABEL"),
        (("--lang", "xx"), "'xx' is not one of"),
        (("--first", "0"), "--first"),
        (("--templates", "nowhere"), "nowhere"),
    ],
)
def test_wrong_options_of_draw(seqdiag: Run, args: tuple[str, ...], words: str) -> None:
    done = seqdiag("draw", SMTP, *args)
    assert (done.code, done.raw) == (2, b"")
    assert words in done.error
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "args", [("-s", "7"), ("--host", "192.0.2.1"), ("--port", "26"), ("--proto", "pop3"), ("--port", "25", "--proto", "tls")]
)
@pytest.mark.parametrize("verb", VERBS)
def test_nothing_matched_is_exit_4(seqdiag: Run, verb: str, args: tuple[str, ...]) -> None:
    done = seqdiag(verb, SMTP, *args)
    assert (done.code, done.raw) == (4, b"")
    assert "smtp.pcap: none of its 1 conversations matches" in done.error


@pytest.mark.parametrize("verb", VERBS)
def test_damage_is_a_remark_and_under_strict_an_error(seqdiag: Run, verb: str) -> None:
    Path("cut.pcap").write_bytes(DAMAGED)
    lenient = seqdiag(verb, "cut.pcap")
    assert lenient.code == 0
    assert lenient.raw
    assert "cut.pcap" in lenient.err
    strict = seqdiag(verb, "cut.pcap", "--strict")
    assert (strict.code, strict.raw) == (6, b"")
    assert "cut.pcap" in strict.error


@pytest.mark.parametrize("verb", VERBS)
def test_strict_minds_no_sound_input(seqdiag: Run, verb: str) -> None:
    assert seqdiag(verb, SMTP, "--strict").code == 0


@pytest.mark.parametrize("verb", VERBS)
def test_quiet_leaves_remarks_out_and_errors_in(seqdiag: Run, verb: str) -> None:
    Path("cut.pcap").write_bytes(DAMAGED)
    assert seqdiag(verb, "cut.pcap", "-q").err == ""
    assert seqdiag(verb, "missing.pcap", "-q").error


@pytest.mark.parametrize("verb", ["draw", "events"])
def test_an_output_that_cannot_be_written_is_exit_7(seqdiag: Run, verb: str, tmp_path: Path) -> None:
    for target in ("nowhere/x.svg", tmp_path):
        done = seqdiag(verb, SMTP, "-T", "svg", "-o", target) if verb == "draw" else seqdiag(verb, SMTP, "-o", target)
        assert done.code == 7
        assert "cannot be written" in done.error


@pytest.mark.parametrize("verb", ["draw", "events"])
@pytest.mark.parametrize("args", [("missing.pcap",), ("cut.pcap", "--strict"), ("cut.pcap", "-s", "9"), ("cut.pcap", "--proto", "x")])
def test_an_error_leaves_the_old_output_alone(seqdiag: Run, verb: str, args: tuple[str, ...]) -> None:
    Path("cut.pcap").write_bytes(DAMAGED)
    Path("old.svg").write_text("old")
    assert seqdiag(verb, *args, "-o", "old.svg").code not in (0, 70)
    assert Path("old.svg").read_text() == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["cut.pcap", "old.svg"]


@pytest.mark.parametrize("verb", ["draw", "events"])
@pytest.mark.parametrize("how", ["its name", "a symlink", "a hard link", "standard input"])
def test_an_input_is_never_overwritten(seqdiag: Run, shell: Run, verb: str, how: str) -> None:
    original, target = Path("in.svg"), Path("in.svg")  # a capture under a figure's name
    original.write_bytes(SMTP.read_bytes())
    if how == "a symlink":
        target = Path("link.svg")
        target.symlink_to("in.svg")
    elif how == "a hard link":
        target = Path("hard.svg")
        target.hardlink_to(original)
    done = shell(verb, "-", "-o", target, "<", original) if how == "standard input" else seqdiag(verb, original, "-o", target)
    assert done.code == 2
    assert f"{target}: is also an input" in done.error
    assert original.read_bytes() == SMTP.read_bytes()


def test_hostile_names_and_contents_never_reach_the_terminal_raw(seqdiag: Run) -> None:
    name = "\x1b]52;c;eA==\x07\x9b31m\u202e.pcap"
    for content in (b"", b"\x1b[31m" * 99, EMPTY_CAPTURE, DAMAGED):
        Path(name).write_bytes(content)
        for verb in VERBS:
            done = seqdiag(verb, name)
            if verb != "events":  # JSON Lines of the input's own texts, with every ESC as \u001b
                assert not set("\x1b\x07\x9b\u202e") & set(done.out), verb
            assert b"\x1b" not in done.raw
            assert not set("\x1b\x07\x9b\u202e") & set(done.err), verb
    missing = seqdiag("draw", "missing" + name)
    assert not set("\x1b\x07\x9b\u202e") & set(missing.err)


def test_more_memory_than_there_is_is_no_traceback(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*args: object, **more: object) -> None:
        raise MemoryError

    monkeypatch.setattr("seqdiag.pipeline.read", greedy)
    assert seqdiag("draw", SMTP).code == 3


def test_a_bug_of_ours_is_one_line_and_exit_70(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*args: object, **more: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("seqdiag.pipeline.read", wrong)
    done = seqdiag("draw", SMTP)
    assert done.code == 70
    assert "ZeroDivisionError: oops" in done.error
    assert "please report" in done.error
    monkeypatch.setenv("SEQDIAG_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        seqdiag("draw", SMTP)


def test_an_interrupt_is_exit_130(seqdiag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seqdiag.pipeline.read", interrupted)
    assert seqdiag("draw", SMTP).code == 130


def test_a_limit_names_its_flag(seqdiag: Run) -> None:
    done = seqdiag("draw", SMTP, "--max-input", "100")
    assert done.code in (0, 3)  # a plain file is not decompressed
    import gzip

    Path("x.pcap.gz").write_bytes(gzip.compress(SMTP.read_bytes()))
    done = seqdiag("draw", "x.pcap.gz", "--max-input", "100")
    assert done.code == 3
    assert "--max-input" in done.error

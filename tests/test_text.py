"""Text safety: whatever comes in, what goes out is displayable, and harmless in its sink."""

from __future__ import annotations

import html
import json
import re
import timeit
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqdiag import text
from seqdiag.text import Shown, shown

VECTORS: dict[str, str] = json.loads((Path(__file__).parent / "text_vectors.json").read_text("utf-8"))
ANY_TEXT = st.text(st.characters(), max_size=200)
SINKS = [text.xml, text.dot, text.plantuml, text.mermaid, text.mermaid_box, text.markdown, text.terminal, text.markdown_fence]
UNSAFE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("\x00\x07\x08\t\x1b[31m\x7f", "␀␇␈␉␛[31m␡"),
        ("user\u202egnp.exe", "user<U+202E>gnp.exe"),
        ("\u2067abc\u2069 \u200e\u061c", "<U+2067>abc<U+2069> <U+200E><U+061C>"),
        ("a\u00a0b\u2003c\u200bd\ufeffe", "a\u00a0b\u2003c<U+200B>d<U+FEFF>e"),
        ("\x9b31m\x85", "<U+009B>31m<U+0085>"),
        ("a\ud800b\udfffc", "a\ufffdb\ufffdc"),
        ("\ufdd0\ufffe\U0001fffe\U0010ffff", "\ufffd\ufffd\ufffd\ufffd"),
        ("\U000e0041tag", "<U+E0041>tag"),
        ("250 OK, 电子邮件 📧 é e\u0301 ☎\ufe0f", "250 OK, 电子邮件 📧 é e\u0301 ☎\ufe0f"),
    ],
)
def test_shown(raw: str, what: str) -> None:
    assert shown(raw) == what


@given(ANY_TEXT)
def test_nothing_unsafe_is_ever_shown(raw: str) -> None:
    once = shown(raw)
    assert not UNSAFE.search(once)
    assert shown(once) == once


@pytest.mark.parametrize(
    ("raw", "charset", "what"),
    [
        (b"220 ready", "ascii", "220 ready"),
        ("密码错误".encode(), "utf-8", "密码错误"),
        ("密码错误".encode()[:-1], "utf-8", "密码错\ufffd"),
        ("密码错误，请重试".encode("gb18030"), "gb18030", "密码错误，请重试"),
        ("Müller, Größe, año".encode("latin-1"), "latin-1", "Müller, Größe, año"),
        (b"caf\xe9", "latin-1", "café"),
        (b"a\xff\xfe\x80", "latin-1", "aÿþ<U+0080>"),
        (b"", "ascii", ""),
    ],
)
def test_charsets(raw: bytes, charset: str, what: str) -> None:
    assert text.guess_charset(raw) == charset
    assert text.show(raw) == what


@given(st.binary(max_size=300))
def test_any_bytes_can_be_shown(raw: bytes) -> None:
    assert not UNSAFE.search(text.show(raw))


def test_clip() -> None:
    assert text.clip(Shown("short"), 5) == "short"
    assert text.clip(Shown("longer"), 5) == "long…"
    assert text.clip(Shown("A" * 100_000), 200) == "A" * 199 + "…"


@pytest.mark.parametrize("sink", SINKS, ids=lambda sink: sink.__name__)
@given(raw=ANY_TEXT)
def test_every_sink_takes_every_text(sink: object, raw: str) -> None:
    assert type(sink(shown(raw))) is text.Encoded  # type: ignore[operator]


@given(ANY_TEXT)
def test_xml_reads_back_as_text_and_as_attribute(raw: str) -> None:
    it = shown(raw)
    parsed = ElementTree.fromstring(f"<a b=\"{text.xml(it)}\" c='{text.xml(it)}'>{text.xml(it)}</a>")
    assert [parsed.text or "", parsed.get("b"), parsed.get("c")] == [it] * 3


@given(ANY_TEXT)
def test_a_graphviz_label_reads_back_as_text(raw: str) -> None:
    label = text.dot(shown(raw))
    assert label and "\n" not in label and "\\\\" not in label
    assert html.unescape(label.replace("<BR/>", "\n").replace("\\&#8203;", "\\")) in (shown(raw), "\u200b")


@given(ANY_TEXT)
def test_a_json_island_cannot_end(raw: str) -> None:
    island = text.json_island(json.dumps({"text": raw}, ensure_ascii=False))
    assert not re.search("[<>&\u2028\u2029]", island)
    assert json.loads(island) == {"text": raw}


@given(ANY_TEXT)
def test_plantuml_and_mermaid_are_one_line_that_reads_back(raw: str) -> None:
    it = shown(raw)
    puml, mermaid, box = text.plantuml(it), text.mermaid(it), text.mermaid_box(it)
    assert "\n" not in puml + mermaid + box
    decoded = re.sub(r"<U\+([0-9A-F]{4,6})>", lambda found: chr(int(found[1], 16)), puml.replace("\\n", "\n"))
    assert decoded.replace("\u200b", "") == it.strip(" \n") or decoded.replace("\u200b", "") == it
    for encoded in (mermaid, box):
        decoded = re.sub(r"#(\d+);", lambda found: chr(int(found[1])), encoded.replace("<br/>", "\n"))
        assert decoded.strip() == (it.strip() or "\u200b")
    assert not re.search("[()]", box)


@pytest.mark.parametrize(
    ("raw", "puml", "mermaid"),
    [
        ('%getenv("HOME")', "<U+0025>getenv(<U+0022>HOME<U+0022>)", '#37;getenv("HOME")'),
        ("x\n@enduml", "x\\n<U+0040>enduml", "x<br/>@enduml"),
        ("q;B->>A: FORGED", "q;B-<U+003E><U+003E>A: FORGED", "q#59;B-#62;#62;A#58; FORGED"),
        ("**b** --s--", "<U+002A><U+002A>b<U+002A><U+002A> <U+002D><U+002D>s<U+002D><U+002D>", "**b** --s--"),
        ("end", "end", "#101;nd"),
        ("", "<U+200B>", "#8203;"),
        ("\r", "\\n", "#8203;"),
        ("]]>", "<U+005D><U+005D><U+200B><U+003E>", "]]#62;"),
    ],
)
def test_known_escapes(raw: str, puml: str, mermaid: str) -> None:
    assert (text.plantuml(shown(raw)), text.mermaid(shown(raw))) == (puml, mermaid)


@pytest.mark.parametrize("name", VECTORS)
def test_markdown_says_the_text_and_nothing_else(name: str) -> None:
    from markdown_it import MarkdownIt

    it = shown(VECTORS[name]).replace("\n", " ")
    drawn = MarkdownIt("commonmark").enable("table").render(f"x{text.markdown(Shown(it))}y")
    assert "<" not in drawn[3:-5]
    assert html.unescape(drawn) == f"<p>x{it}y</p>\n"


@pytest.mark.parametrize("name", VECTORS)
def test_markdown_at_the_start_of_a_line(name: str) -> None:
    from markdown_it import MarkdownIt

    it = shown(VECTORS[name]).replace("\n", " ")
    if it.strip():
        drawn = MarkdownIt("commonmark").enable("table").render(text.markdown(Shown(it)))
        assert "<" not in drawn[3:-5]
        assert html.unescape(drawn).strip() == f"<p>{it}</p>"


@given(st.text("`~\n ab", max_size=60))
def test_a_fence_is_never_left(raw: str) -> None:
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse(text.markdown_fence(shown(raw), "text") + "after\n")
    assert [token.type for token in tokens[:2]] == ["fence", "paragraph_open"]
    assert tokens[0].content.removesuffix("\n") == raw.removesuffix("\n")


def test_one_line_stays_one_line_on_a_terminal() -> None:
    assert text.terminal(shown("x\nERROR forged\r\n\x1b]52;c;AAAA\x07")) == "x␊ERROR forged␊␛]52;c;AAAA␇"


@pytest.mark.parametrize("word", ["#0b5394", "rgba(11, 83, 148, 0.09)", "p12", ""])
def test_tokens(word: str) -> None:
    assert text.token(word) == word


@pytest.mark.parametrize("word", ["a\n", '"', "<", "x;y", "&amp;", "-x", "%{", "é"])
def test_what_is_no_token_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not a token"):
        text.token(word)


HOSTILE_NAMES = [
    "../../etc/cron.d/x",
    "/etc/passwd",
    "..",
    ".",
    "",
    "-rf",
    "--output=/x",
    "a\\b",
    "C:\\x",
    "CON",
    "nul.svg",
    "x\x00y",
    "x\ny",
]
HOSTILE_NAMES += ["$(touch pwn)", "a b", "a\u202egvs.x", ".bashrc", "~root", "A" * 500, "é" * 300, "....//", "%2e%2e%2f", "|id", "\ud800"]


def test_file_names() -> None:
    made = [text.file_name(name) for name in HOSTILE_NAMES]
    assert len(set(made)) == len(made)
    for name in made:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,98}[0-9a-f]", name)
        assert ".." not in name
    assert text.file_name("mail.pcap session 1") == text.file_name("mail.pcap session 1")
    assert text.file_name("mail.pcap session 1").startswith("mail.pcap-session-1-")


@given(ANY_TEXT)
def test_any_text_makes_a_file_name(raw: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}", text.file_name(raw))


def test_common_text_is_cheap() -> None:
    """Microseconds, with room for a busy machine."""
    spent = min(timeit.repeat(lambda: text.xml(text.show(b"250-SIZE 52428800 and more")), number=2000, repeat=5)) / 2000
    assert spent < 20e-6

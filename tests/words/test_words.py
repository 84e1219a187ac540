"""Both languages say the same things, and there is a word for everything that a grammar can yield."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

import pytest

from seqdiag.composer import labels
from seqdiag.protocols import PROTOCOLS
from seqdiag.words import LANGS, en, find, number, say, table, zh
from tests.conftest import ROOT

PROTOCOL_FILES = sorted((ROOT / "seqdiag" / "protocols").rglob("*.py"))


def placeholders(phrase: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(phrase) if name is not None}


def test_both_languages_have_the_same_keys() -> None:
    assert set(en.WORDS) == set(zh.WORDS)


@pytest.mark.parametrize("key", en.WORDS)
def test_both_languages_fill_in_the_same_values(key: str) -> None:
    assert placeholders(en.WORDS[key]) == placeholders(zh.WORDS[key])
    assert en.WORDS[key].strip() == en.WORDS[key] != ""
    assert zh.WORDS[key].strip() == zh.WORDS[key] != ""


@pytest.mark.parametrize("lang", LANGS)
def test_a_count_of_one_has_the_plain_key_beside_it(lang: str) -> None:
    words = table(lang)  # type: ignore[arg-type]
    for key in words:
        if key.endswith(".one"):
            assert "count" in placeholders(words[key.removesuffix(".one")])
            assert placeholders(words[key]) | {"count"} == placeholders(words[key.removesuffix(".one")])


def test_chinese_is_chinese() -> None:
    """Only what is a name on the wire, and what is nothing but its value, may be the same in both."""
    same = {key for key in en.WORDS if en.WORDS[key] == zh.WORDS[key]}
    assert all(not re.search("[一-鿿]", en.WORDS[key]) for key in en.WORDS)
    assert same <= {"phase.tls", "fact.mechanism", "fact.client_hello", "fact.decoded", "control.window", "key.established", "axis.tls"}, (
        same
    )


def calls(name: str) -> set[str]:
    """The first arguments, where they are literal, of all calls of `name` in the grammars."""
    found = set()
    for path in PROTOCOL_FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                at = 2 if name == "Secret" else 0
                found |= {arg.value for arg in node.args[at : at + 1] if isinstance(arg, ast.Constant) and isinstance(arg.value, str)}
    return found


ELSEWHERE = {"recipient", "maildrop", "octets", "tls_record", "tls_data", "server_hello", "enhanced", "mechanism", "from", "to"}
"""Facts that the meaning column, a flight's own line, or scripts alone tell."""


def test_every_fact_of_a_grammar_has_words() -> None:
    facts = calls("Fact")
    assert len(facts) > 15
    silent = facts - set(labels.DECODED) - ELSEWHERE
    assert not silent, f"a figure would say nothing of {silent}"


def test_every_word_of_a_fact_can_be_said() -> None:
    values = dict.fromkeys(("bytes", "count"), 2) | dict.fromkeys(("user", "text", "first", "state", "version", "sni", "description"), "x")
    for kind, words in labels.DECODED.items():
        for lang in LANGS:
            assert words(lang, {**values, "what": "password"}), kind


def test_every_secret_of_a_grammar_has_words() -> None:
    kinds = calls("Secret") | {"password", "token", "digest", "challenge", "credentials", "repeated"}
    for kind in kinds:
        for lang in LANGS:
            assert find(lang, f"secret.{kind}"), kind


def test_every_code_that_is_explained_belongs_to_a_protocol() -> None:
    codes = [key for key in en.WORDS if key.split(".")[0] in PROTOCOLS]
    assert len(codes) > 60
    for key in codes:
        protocol, code, *verb = key.split(".")
        assert re.fullmatch(r"[245]\d\d|334|354|220" if protocol == "smtp" else r"\+OK|-ERR|\+", code), key
        if verb and verb[0] not in ("greeting", "known", "one") and protocol == "pop3":
            assert verb[0] in PROTOCOLS["pop3"].COMMANDS, key  # type: ignore[attr-defined]


def test_the_state_bars_are_states_of_the_table() -> None:
    table_ = PROTOCOLS["pop3"].TRANSITIONS
    states = {before for before, _ in table_} | set(table_.values())
    named = {key.rpartition(".")[2] for key in en.WORDS if key.startswith("state.pop3.")}
    assert named == {"AUTHORIZATION", "TRANSACTION", "UPDATE"} <= states


def test_say() -> None:
    assert say("en", "fact.listing", count=1) == "1 message"
    assert say("en", "fact.listing", count=28412) == "28,412 messages"
    assert say("zh", "fact.listing", count=28412) == "28,412 封邮件"
    assert number(1_234_567) == "1,234,567"
    with pytest.raises(KeyError):
        say("en", "no.such.key")
    assert find("en", "no.such.key", "hidden") == "[hidden]"
    assert find("en", "no.such.key") is None


def test_every_key_that_the_program_says_exists() -> None:
    """Literal keys of `say`, `_note` and `_counted` and the like, in all of seqdiag."""
    pattern = re.compile(r'(?:say|find)\(\s*(?:self\.)?(?:options\.)?(?:diagram\.)?lang,\s*"([^"{]+)"')
    keys = {key for path in (ROOT / "seqdiag").rglob("*.py") for key in pattern.findall(path.read_text())}
    assert len(keys) > 25
    assert keys <= set(en.WORDS)


def test_no_word_is_never_said() -> None:
    """Each key stands in the program, whole or by the f-string that makes it."""
    sources = "\n".join(
        path.read_text() for path in (ROOT / "seqdiag").rglob("*.py") if Path("words") not in path.relative_to(ROOT / "seqdiag").parents
    )
    sources += "\n".join(path.read_text() for path in (ROOT / "templates").rglob("*") if path.is_file())
    families = set(re.findall(r'f"([a-z]+(?:\.[a-z0-9]+)*\.)\{', sources)) | {"smtp.", "pop3.", "state."}
    unsaid = {
        key
        for key in en.WORDS
        if f'"{key.removesuffix(".one")}"' not in sources
        and not any(key.startswith(family) for family in families)
        and not key.endswith(".known.one")
    }
    assert not unsaid

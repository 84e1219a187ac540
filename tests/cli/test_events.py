"""`seqdiag events`: the list that redraws to the same figure, and `seqdiag schema`, which every line of it fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import EXAMPLES, POP3, SMTP, SWAKS, Run, capture, conversation

INPUTS = [*sorted(EXAMPLES.glob("*/*.pcap")), SWAKS, EXAMPLES / "rfc-style" / "session.txt"]


@pytest.mark.parametrize("given", INPUTS, ids=lambda path: path.name)
def test_it_redraws_to_the_same_bytes(seqdiag: Run, given: Path) -> None:
    listed = seqdiag("events", given)
    assert listed.code == 0
    for options in (("-T", "svg"), ("-T", "txt", "--lang", "zh", "--tcp", "full"), ("-T", "json", "--tcp", "none")):
        assert seqdiag("draw", "-", *options, stdin=listed.raw).raw == seqdiag("draw", given, "--no-notes", *options).raw, options
    assert seqdiag("sessions", "-", "--json", stdin=listed.raw).raw == seqdiag("sessions", given, "--json").raw


def test_secrets_are_masked_unless_asked_for(seqdiag: Run) -> None:
    assert b'"redaction":"default"' in seqdiag("events", POP3).raw
    assert b'"hidden":[[' in seqdiag("events", POP3).raw
    assert b'"redaction":"none"' in seqdiag("events", POP3, "--show-secrets").raw
    assert b'"hidden":[[' not in seqdiag("events", POP3, "--show-secrets").raw


def test_a_protocol_forced_upon_a_port_hides_its_secrets_too(seqdiag: Run) -> None:
    said = b"welcome, stranger\r\n"
    Path("x.pcap").write_bytes(capture(conversation(1, said, port=2525)).replace(b"QUIT\r\n", b"PASS x\r\n"[:6]))
    done = seqdiag("events", "x.pcap", "-d", "tcp.port==2525,pop3")
    assert b"PASS x" not in done.raw
    assert b"PASS *" in done.raw


def test_a_choice_leaves_the_others_out(seqdiag: Run, many: Path) -> None:
    listed = seqdiag("events", many, "-s", "3").raw
    assert b"10.0.1.3" in listed
    assert b"10.0.1.4" not in listed
    assert len(seqdiag("sessions", "-", "--json", stdin=listed).rows) == 1


def test_to_a_file(seqdiag: Run) -> None:
    assert seqdiag("events", SMTP, "-o", "x.events.jsonl").raw == b""
    assert Path("x.events.jsonl").read_bytes() == seqdiag("events", SMTP).raw


# --- the schema ---------------------------------------------------------------------------------------------------


def fits(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> bool:
    """Enough of JSON Schema 2020-12 for ours; a word of it that this does not know fails the test."""
    known = {"$ref", "$defs", "$schema", "$id", "anyOf", "oneOf", "type", "enum", "const", "properties", "required", "items", "prefixItems"}
    known |= {
        "title",
        "description",
        "default",
        "discriminator",
        "additionalProperties",
        "minItems",
        "maxItems",
        "minimum",
        "maximum",
        "contentEncoding",
    }
    assert set(schema) <= known, set(schema) - known
    if "$ref" in schema:
        return fits(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema or "oneOf" in schema:
        branches = schema.get("anyOf", []) + schema.get("oneOf", [])
        return any(fits(value, branch, root) for branch in branches)
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "const" in schema and value != schema["const"]:
        return False
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None), "number": (int, float)}
    if "type" in schema and not isinstance(value, types[schema["type"]]):
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        return set(schema.get("required", [])) <= set(value) and all(
            fits(inner, properties[key], root) if key in properties else not isinstance(more, dict) or fits(inner, more, root)
            for key, inner in value.items()
        )
    if isinstance(value, list):
        first = schema.get("prefixItems", [])
        rest = schema.get("items", {})
        return schema.get("minItems", 0) <= len(value) and all(
            fits(inner, first[i] if i < len(first) else rest if isinstance(rest, dict) else {}, root) for i, inner in enumerate(value)
        )
    return True


@pytest.mark.parametrize("given", INPUTS, ids=lambda path: path.name)
def test_every_line_fits_the_schema(seqdiag: Run, given: Path) -> None:
    schema = json.loads(seqdiag("schema").raw)
    rows = seqdiag("events", given).rows
    assert len(rows) > 10
    for row in rows:
        assert fits(row, schema, schema), row


def test_the_schema_refuses_what_is_wrong(seqdiag: Run) -> None:
    schema = json.loads(seqdiag("schema").raw)
    header, segment, *_ = seqdiag("events", SMTP).rows
    assert fits(header, schema, schema)
    assert not fits({**segment, "src": "10.0.0.1"}, schema, schema)
    assert not fits({**segment, "seq": "1"}, schema, schema)
    assert not fits({key: value for key, value in segment.items() if key != "flags"}, schema, schema)
    assert not fits([], schema, schema)

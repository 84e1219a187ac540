"""A name in, a module out: from the dict first, from entry points on a miss, and nothing is imported before it is used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from seqdiag.errors import UsageError
from seqdiag.protocols import PROTOCOLS
from seqdiag.registry import Registry
from seqdiag.renderers import RENDERERS
from seqdiag.sources import SOURCES

REGISTRIES = {"protocols": PROTOCOLS, "renderers": RENDERERS, "sources": SOURCES}


@pytest.mark.parametrize("kind", REGISTRIES)
def test_every_module_has_the_name_by_which_it_is_found(kind: str) -> None:
    registry = REGISTRIES[kind]
    assert list(registry)
    for name in registry:
        module = registry[name]
        assert isinstance(module, ModuleType)
        assert name == module.NAME
        assert registry[name] is module


def test_an_unknown_name_is_told_which_are_known() -> None:
    known = "dot, json, mermaid, pdf, plantuml, png, puml-timing, states, svg, text"
    with pytest.raises(UsageError, match=rf"^unknown renderer 'gif'; known: {known}$"):
        RENDERERS["gif"]


def test_another_package_may_bring_one(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("gif", "json:dumps", "seqdiag.renderers")

    def entry_points(**wanted: str) -> list[EntryPoint]:
        return [entry] if wanted == {"group": "seqdiag.renderers", "name": "gif"} else []

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)
    import json

    assert RENDERERS["gif"] is json.dumps  # type: ignore[comparison-overlap]


def test_ours_win_over_those_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**wanted: str) -> list[EntryPoint]:
        raise AssertionError("asked")

    monkeypatch.setattr("importlib.metadata.entry_points", never)
    assert RENDERERS["svg"].NAME == "svg"


def test_a_registry_does_not_change_with_the_dict_it_was_made_of() -> None:
    modules = {"json": "json"}
    registry: Registry[ModuleType] = Registry("thing", "x.things", modules)
    modules["os"] = "os"
    assert list(registry) == ["json"]


def test_nothing_is_imported_before_it_is_used() -> None:
    program = "import sys, seqdiag.renderers, seqdiag.protocols, seqdiag.sources\nprint(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for registry in REGISTRIES.values():
        assert not set(registry.modules.values()) & set(loaded)

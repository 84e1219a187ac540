"""The only door to Jinja2: a template's name and its values in, text out.

Templates do no arithmetic and hold all markup. Whatever a template prints must be a number or `text.Encoded`: the
sinks of `text` are its filters, and a plain string stops the rendering instead of slipping through.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from seqdiag import text

if TYPE_CHECKING:
    from jinja2 import Environment

SINKS = ("xml", "token", "plantuml", "mermaid", "mermaid_box", "terminal", "markdown")


def template_folder() -> Path:
    """The packaged templates, else the checkout's (an editable install has them at top level)."""
    packaged = Path(__file__).parent / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "templates"


def _guard(value: object) -> object:
    if isinstance(value, str) and not isinstance(value, text.Encoded):
        raise TypeError(f"a template printed text that no sink encoded: {value[:40]!r}")
    return value


@cache
def environment(folder: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    kind: type[Environment] = Environment
    if folder != template_folder():
        from jinja2.sandbox import SandboxedEnvironment as kind  # a user's templates are code of somebody's

    env = kind(  # _guard stands where autoescape would, for every sink and not only HTML
        loader=FileSystemLoader(folder),
        undefined=StrictUndefined,
        finalize=_guard,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for sink in SINKS:
        env.filters[sink] = getattr(text, sink)
    return env


def render(name: str, folder: Path | None = None, /, **values: object) -> str:
    """`render("svg/figure.svg", scene=scene)`."""
    return environment(folder or template_folder()).get_template(name).render(**values)

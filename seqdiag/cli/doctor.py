"""`seqdiag doctor`: is the installation sound, and which optional tools are there?"""

from __future__ import annotations

import click

TOOLS = {
    "tshark": "dissects protocols beyond our own, display filters, TLS decryption",
    "dot": "draws state machines and who talks to whom (Graphviz)",
    "tcpdump": "captures beside a recording",
}
LIBRARIES = {
    "resvg_py": "draws PNG: pip install 'wireseq[images]'",
    "svg2pdf_py": "draws PDF: pip install 'wireseq[images]'",
    "zstandard": "reads zstd-compressed captures: pip install 'wireseq[compression]'",
    "lz4": "reads lz4-compressed captures: pip install 'wireseq[compression]'",
}


@click.command()
def command() -> int:
    """Check this installation: is it ours, are the templates there, which optional tools and packages were found."""
    import shutil
    import sys
    from importlib.metadata import packages_distributions
    from importlib.util import find_spec

    from seqdiag import __version__, templating
    from seqdiag.cli.console import put_lines

    said = [f"seqdiag {__version__}, Python {sys.version.split()[0]}"]
    problems = []
    if "seqdiag" in {owner.lower() for owner in packages_distributions().get("seqdiag", [])}:
        problems.append("the abandoned PyPI package `seqdiag` has our import name: uninstall it, then reinstall wireseq")
    folder = templating.template_folder()
    if (folder / "svg").is_dir():
        said.append(f"templates: {folder}")
    else:
        problems.append(f"no templates in {folder}; reinstall wireseq")
    said += [f"problem: {problem}" for problem in problems]
    said += [f"{name}: {shutil.which(name) or 'not found'} ({use})" for name, use in TOOLS.items()]
    said += [f"{name}: {'found' if find_spec(name) else 'not found'} ({use})" for name, use in LIBRARIES.items()]
    said.append(f"Chinese in PNG and PDF: {_chinese()}")
    put_lines(said)
    return 1 if problems else 0


def _chinese() -> str:
    from seqdiag.errors import ToolMissing
    from seqdiag.renderers import fonts

    try:
        return str(fonts.choose("中", bitmaps=False)[-1].files[0])
    except ToolMissing as error:
        return str(error)

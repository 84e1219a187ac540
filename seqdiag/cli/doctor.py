"""`seqdiag doctor`: is the installation sound, and which optional tools are there?"""

from __future__ import annotations

import click

TOOLS = {
    "tshark": "dissects protocols beyond our own, display filters, TLS decryption",
    "dot": "draws state machines and who talks to whom (Graphviz)",
    "tcpdump": "captures beside a recording",
}


@click.command()
def command() -> int:
    """Check this installation: is it ours, are the templates there, which optional tools were found."""
    import shutil
    import sys
    from importlib.metadata import packages_distributions

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
    put_lines(said)
    return 1 if problems else 0

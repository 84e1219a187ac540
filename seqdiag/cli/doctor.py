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

    print(f"seqdiag {__version__}, Python {sys.version.split()[0]}")
    owners = set(packages_distributions().get("seqdiag", []))
    sound = True
    if "seqdiag" in {owner.lower() for owner in owners}:
        sound = False
        print("problem: the abandoned PyPI package `seqdiag` has our import name: uninstall it, then reinstall wireseq")
    folder = templating.template_folder()
    if (folder / "svg").is_dir():
        print(f"templates: {folder}")
    else:
        sound = False
        print(f"problem: no templates in {folder}; reinstall wireseq")
    for name, use in TOOLS.items():
        print(f"{name}: {shutil.which(name) or 'not found'} ({use})")
    return 0 if sound else 1

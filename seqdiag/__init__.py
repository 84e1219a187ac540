"""Turn protocol sessions into sequence diagrams: `seqdiag.draw("mail.pcap").save("mail.svg")`."""

from __future__ import annotations

__version__ = "0.1.0"

"""The state machine of one end of a TCP connection, as the table that RFC 9293 §3.3.2 draws.

A state and what this end sent or received in, the next state out. What a state has no entry for leaves it as it is.
"""

from __future__ import annotations

CLOSED = "CLOSED"
LISTEN = "LISTEN"
SYN_SENT = "SYN-SENT"
SYN_RECEIVED = "SYN-RECEIVED"
ESTABLISHED = "ESTABLISHED"
FIN_WAIT_1 = "FIN-WAIT-1"
FIN_WAIT_2 = "FIN-WAIT-2"
CLOSE_WAIT = "CLOSE-WAIT"
CLOSING = "CLOSING"
LAST_ACK = "LAST-ACK"
TIME_WAIT = "TIME-WAIT"

TRANSITIONS: dict[tuple[str, str], str] = {
    (CLOSED, "send SYN"): SYN_SENT,
    (LISTEN, "send SYN"): SYN_SENT,
    (CLOSED, "send SYN+ACK"): SYN_RECEIVED,
    (LISTEN, "send SYN+ACK"): SYN_RECEIVED,
    (SYN_SENT, "receive SYN"): SYN_RECEIVED,
    (SYN_SENT, "receive SYN+ACK"): ESTABLISHED,
    (SYN_RECEIVED, "receive SYN+ACK"): ESTABLISHED,
    (SYN_RECEIVED, "receive ACK of SYN"): ESTABLISHED,
    (SYN_RECEIVED, "send FIN"): FIN_WAIT_1,
    (SYN_RECEIVED, "receive FIN"): CLOSE_WAIT,
    (ESTABLISHED, "send FIN"): FIN_WAIT_1,
    (ESTABLISHED, "receive FIN"): CLOSE_WAIT,
    (FIN_WAIT_1, "receive ACK of FIN"): FIN_WAIT_2,
    (FIN_WAIT_1, "receive FIN"): CLOSING,
    (FIN_WAIT_1, "receive FIN+ACK of FIN"): TIME_WAIT,
    (FIN_WAIT_2, "receive FIN"): TIME_WAIT,
    (FIN_WAIT_2, "receive FIN+ACK of FIN"): TIME_WAIT,
    (CLOSING, "receive ACK of FIN"): TIME_WAIT,
    (CLOSE_WAIT, "send FIN"): LAST_ACK,
    (LAST_ACK, "receive ACK of FIN"): CLOSED,
}
"""RST is not in it: sent or received in the window, it leads from every state to CLOSED."""

STATES = (CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT)


def after(state: str, happened: str) -> str:
    """`after("ESTABLISHED", "send FIN")` is FIN-WAIT-1."""
    if happened.endswith("RST"):
        return CLOSED
    return TRANSITIONS.get((state, happened), state)

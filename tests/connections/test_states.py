"""The table of RFC 9293: only its own states, every one reachable, and nothing leads out of CLOSED but an opening."""

import random
from itertools import pairwise

from seqdiag.connections import states
from seqdiag.connections.connection import Chunk, Control
from tests.connections.playbook import Playbook, c, s


def test_table_names_only_rfc_states_and_reaches_them_all() -> None:
    known = set(states.STATES)
    assert {before for before, _ in states.TRANSITIONS} <= known
    assert set(states.TRANSITIONS.values()) <= known
    reached = {states.CLOSED, states.LISTEN}
    for _ in states.STATES:
        reached |= {after for (before, _), after in states.TRANSITIONS.items() if before in reached}
    assert reached == known


def test_a_reset_closes_from_every_state() -> None:
    assert {states.after(state, "receive RST") for state in states.STATES} == {"CLOSED"}


def test_random_segments_never_raise_and_bytes_stay_once() -> None:
    for seed in range(300):
        rnd = random.Random(seed)
        play = Playbook()
        for _ in range(rnd.randrange(1, 30)):
            who = rnd.choice((c, s))
            flags = "".join(rnd.sample("SAFRPU", rnd.randrange(0, 5)))
            seq = rnd.choice((None, rnd.randrange(1 << 32), 1000 + rnd.randrange(60), 5000 + rnd.randrange(60)))
            data = bytes(rnd.choices(b"abc", k=rnd.choice((0, 0, 1, 9))))
            play >> (who(flags, data) if seq is None else who(flags, data, seq=seq, ack=rnd.randrange(1 << 32)))
        for connection in play.connections():
            for side in ("client", "server"):
                chunks = [step for step in connection.steps if isinstance(step, Chunk) and step.side == side]
                ends = [(chunk.offset, chunk.offset + len(chunk.data)) for chunk in chunks]
                assert all(a[1] <= b[0] for a, b in pairwise(ends)), seed
                assert connection.bytes[side] == sum(len(chunk.data) for chunk in chunks)
            told = [step.sender_state for step in connection.steps if isinstance(step, Control) and step.sender_state]
            assert {state for states_ in told for state in states_.split(" → ")} <= set(states.STATES)

"""Every fact that is held against the truth: one function each, a View in, a Verdict on each statement out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.lab.fates import copies, fate, late
from tests.lab.opening import closed, closed_by, opened, states
from tests.lab.repeats import again, again_after, again_cause, again_count, again_spurious
from tests.lab.times import alignment, legs, taken_at, transit
from tests.lab.view import Verdict, View
from tests.lab.windows import windows

FACTS: tuple[Callable[[View], Iterator[Verdict]], ...] = (
    opened, closed, closed_by, states, again_count, again, again_after, again_spurious, again_cause, fate, late, copies,
    windows, taken_at, legs, alignment, transit,
)  # fmt: skip


def judge(view: View) -> Iterator[Verdict]:
    for fact in FACTS:
        yield from fact(view)

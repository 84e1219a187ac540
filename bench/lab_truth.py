"""Runs recorded at both ends of a known path in; a table of what the program says of them, right or not, out.

    python bench/lab_truth.py RUNS_DIR [--only SCENARIO] [--points client|server|both] [-v]

Without --points: every point alone, and both together. Exit status 1 where anything is WRONG,
or could not be judged.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.lab.facts import judge
from tests.lab.truth import Mismatch, Point, Run
from tests.lab.view import Verdict, views

GRADES = ("right", "unknown", "unseen", "WRONG")
POINTS: tuple[Point, ...] = ("client", "server", "both")
SHOWN = 5


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("runs", type=Path, help="a folder of runs")
    parser.add_argument("--only", help="a scenario's name")
    parser.add_argument("--points", choices=POINTS, help="client: client.pcap alone; server; both together")
    parser.add_argument("-v", action="store_true", help="name every WRONG, every unseen and some unknown")
    chosen = parser.parse_args(argv)
    points = (chosen.points,) if chosen.points else POINTS
    table: dict[str, Counter[str]] = defaultdict(Counter)
    told: dict[tuple[str, str], list[tuple[str, Verdict]]] = defaultdict(list)
    remarks: Counter[str] = Counter()
    runs = connections = 0
    for folder in sorted(path.parent for path in chosen.runs.glob("*/truth.jsonl")):
        run = Run(folder)
        if chosen.only and run.scenario != chosen.only:
            continue
        runs += 1
        try:
            for view in views(run, points):
                if isinstance(view, str):
                    remarks[view] += 1
                    continue
                connections += 1
                for v in judge(view):
                    table[v.fact][v.grade] += 1
                    told[v.fact, v.grade].append((f"{run.name} {view.point}", v))
        except Mismatch as error:
            remarks[str(error)] += 1
    print(f"{runs} runs, {connections} connections as told from {', '.join(points)}")
    for remark, times in remarks.items():
        print(f"skipped, {times} connections: {remark}")
    show_table(table)
    for grade, most in (("WRONG", 0 if chosen.v else SHOWN), ("unseen", 0 if chosen.v else 2), ("unknown", SHOWN if chosen.v else -1)):
        show_examples(told, grade, most)
    return 1 if remarks or any(row["WRONG"] for row in table.values()) else 0


def show_table(table: dict[str, Counter[str]]) -> None:
    width = max(map(len, table), default=4)
    print(f"\n{'fact':{width}}" + "".join(f"{grade:>9}" for grade in GRADES))
    for fact, row in table.items():
        print(f"{fact:{width}}" + "".join(f"{row[grade]:9}" for grade in GRADES))


def show_examples(told: dict[tuple[str, str], list[tuple[str, Verdict]]], grade: str, most: int) -> None:
    """By how many runs they touch; `most` of each fact, 0: all, -1: none."""
    facts = [(fact, found) for (fact, of), found in told.items() if of == grade and most >= 0]
    for fact, found in sorted(facts, key=lambda pair: -len({name for name, _ in pair[1]})):
        print(f"\n{grade}: {fact}, {len(found)} in {len({name for name, _ in found})} views")
        for name, v in found[: most or None]:
            print(f"    {name} {v.where.rpartition(':')[2]}: said {v.said!r}, true {v.true!r}")


if __name__ == "__main__":
    sys.exit(main())

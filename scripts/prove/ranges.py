"""Shares the faults out between ranges that run beside each other, each in a process of its own."""

import multiprocessing
import queue
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from prodproof.range import Fault, Form, Range, fault_of
from prodproof.system.errors import UserError
from scripts.prove.matrix import Scope, prove
from scripts.prove.recording import Recorder
from scripts.prove.rows import Row, State

Told = Row | UserError | str | None
"""What a process tells: a row, why its range does not start, a traceback, or that it has ended."""


def prove_all(
    chosen: Sequence[Fault], form: Form, ranges: int, *, whole: bool = False, recordings: Path | None = None
) -> list[Row]:
    """The rows of some faults, printed as they come. Whatever happens, no range is left behind.

    Args:
        chosen: the faults.
        form: of the ranges.
        ranges: how many run beside each other.
        whole: look at everything after every fault.
        recordings: the folder to write what was seen into; nothing is written if None.

    Raises UserError when a range does not start, RuntimeError when carrying the matrix out fails.
    """
    groups = grouped(chosen)
    count = min(ranges, len(groups))
    total = sum(len(fault.ways) + 2 for fault in chosen)
    # Processes, for judging and reading code keep Python busy.
    context = multiprocessing.get_context("spawn")
    told: multiprocessing.Queue[Told] = context.Queue()
    waiting: multiprocessing.Queue[list[str] | None] = context.Queue()
    for group in [*([fault.guarantee for fault in group] for group in groups), *[None] * count]:
        waiting.put(group)
    with tempfile.TemporaryDirectory(prefix="prodproof-prove-") as folder:
        Path(folder).chmod(0o711)
        directories = [Path(folder) / f"range-{number}" for number in range(count)]
        processes = []
        for directory in directories:
            arguments = (directory, waiting, form, Scope(whole, Path(folder) / "cache"), recordings, told)
            processes.append(context.Process(target=_one, args=arguments))
        try:
            for process in processes:
                process.start()
            rows = _collect(told, count, total)
            for process in processes:
                process.join()
        finally:
            for process in processes:
                if process.is_alive():
                    process.terminate()
                    process.join(60)
            for directory in directories:
                if (directory / "range.json").exists():
                    Range.open(directory).down()
    return sorted(rows, key=lambda row: (row.guarantee, list(State).index(row.state)))


def grouped(faults: Sequence[Fault]) -> list[list[Fault]]:
    """The faults, those together that share a drill; the largest groups first, for they take longest."""
    groups: list[tuple[set[str], list[Fault]]] = []
    for fault in faults:
        drills = set(fault.drills)
        related = [group for group in groups if group[0] & drills]
        groups = [group for group in groups if group not in related]
        together = [*(other for group in related for other in group[1]), fault]
        groups.append((drills.union(*(group[0] for group in related)), together))
    return [group for _, group in sorted(groups, key=lambda group: -len(group[1]))]


def _shared(waiting: "multiprocessing.Queue[list[str] | None]") -> Iterator[list[Fault]]:
    while (group := waiting.get()) is not None:
        yield [fault_of(guarantee) for guarantee in group]


def _one(
    directory: Path,
    waiting: "multiprocessing.Queue[list[str] | None]",
    form: Form,
    scope: Scope,
    recordings: Path | None,
    told: "multiprocessing.Queue[Told]",
) -> None:
    signal.signal(signal.SIGTERM, end_once)
    try:
        harbour = Range.up(directory, form)
        try:
            recorder = Recorder(harbour)
            for row in prove(harbour, _shared(waiting), scope, recorder):
                told.put(row)
            if recordings is not None:
                recorder.write(recordings)
        finally:
            harbour.down()
    except UserError as error:
        told.put(UserError(str(error)))
    except Exception:  # told to the process that prints; this one has no terminal of its own
        told.put(traceback.format_exc())
    else:
        told.put(None)


def _collect(told: "multiprocessing.Queue[Told]", running: int, total: int) -> list[Row]:
    rows: list[Row] = []
    began = time.monotonic()
    while running:
        try:
            item = told.get(timeout=900)
        except queue.Empty:
            raise RuntimeError("a range has said nothing for 15 minutes") from None
        if isinstance(item, UserError):
            raise item
        if isinstance(item, str):
            raise RuntimeError(item)
        if item is None:
            running -= 1
            continue
        rows.append(item)
        answer = item.verdict if item.reason is None else f"{item.verdict} ({item.reason})"
        mark = "ok   " if item.right else "WRONG"
        what = f"{item.state} {item.variant}".strip()
        place = f"[{len(rows):>3}/{total}]"
        print(f"{place} {mark} {item.guarantee:<42} {what:<40} {answer}  {time.monotonic() - began:.0f} s", flush=True)
        for text in item.wrong:
            print(f"      {text}", flush=True)
    return rows


def end_once(number: int, frame: object) -> None:
    """End by an exception, so that everything is taken down; asking again does not disturb that."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(130)

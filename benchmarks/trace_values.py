"""Exact values in logs against ripgrep, and against reading alone.

    python -m benchmarks.trace_values [--megabytes 2048] [--values 1000 100000] [--rounds 5] [--writes 8] [--json FILE]

The log is made anew, always the same: JSON lines, one wanted value planted in every 2 MiB, in turns as it is and in
base64. It is written 8 KiB at a time, as logs are: what was written by the megabyte is kept in larger pieces of memory,
and the system reads it a third faster. ripgrep looks for the values as they are (`rg -F -o -b -f`), on the one thread
that it uses for one file. prodproof uses two threads, and is measured twice: looking for the same as ripgrep
(`prodproof trace --as-is`; what is asked is asked of this), and looking for every value in every encoding. All sides
take turns on a warm page cache; medians are printed, and all must have found what was planted. What prodproof needs to
build its index and ripgrep its automaton is in their times. The columns "cpu" are seconds of processor time, which tell
more on a machine that is busy. ripgrep is a Debian package.
"""

import argparse
import base64
import json
import os
import queue
import random
import resource
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from prodproof.reach.secret import Secret
from prodproof.trace.sources.files import FilesSource
from prodproof.trace.stream import Hit, Matcher, Part, Sink, Slab
from prodproof.trace.values import ValueMatcher, Wanted

KEY = b"benchmark" * 4
MEGABYTE = 1024 * 1024
SPACING = 2 * MEGABYTE
BLOCK = 64 * MEGABYTE
THREADS = 2
ASKED_OF_RIPGREP = {1_000: 8.0, 100_000: 10.0}
PLAIN_ONLY = "as they are"
EVERY = "every one"
ASKED_OF_FLOOR = {1_000: 4.0}
SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstvwz" for vowel in "aeiou"]
DOMAINS = ("example.com", "example.org", "mail.example.net", "shop.example", "corp.example.com")


class Row(TypedDict):
    """One number of values."""

    values: int
    encodings: str
    build_seconds: float
    prodproof_seconds: float
    """With building."""

    prodproof_cpu_seconds: float
    ripgrep_seconds: float
    ripgrep_cpu_seconds: float
    floor_seconds: float
    ratio_to_ripgrep: float
    ratio_to_floor: float
    index_bytes: int
    found: int


class Times:
    """What one side took in each round."""

    def __init__(self, encodings: str) -> None:
        self.encodings = encodings
        self.build: list[float] = []
        self.whole: list[float] = []
        self.processor: list[float] = []
        self.index = 0
        self.found: set[tuple[int, str]] = set()


def address(chance: random.Random) -> str:
    """A mail address."""
    first, last = ("".join(chance.choices(SYLLABLES, k=count)) for count in (2, 3))
    return f"{first}.{last}{chance.randrange(100)}@{chance.choice(DOMAINS)}"


def token(chance: random.Random) -> str:
    """A token of 32 letters and digits."""
    return "".join(chance.choices(string.ascii_letters + string.digits, k=32))


def wanted_values(count: int) -> list[str]:
    """Half addresses, half tokens."""
    chance = random.Random(count)
    return sorted({address(chance) if number % 2 else token(chance) for number in range(count)})


def line(chance: random.Random, number: int) -> bytes:
    """A line of a log."""
    entry = {
        "time": f"2026-03-{number % 28 + 1:02}T{number % 24:02}:{number % 60:02}:{chance.randrange(60):02}.123Z",
        "level": chance.choice(("info", "info", "info", "warning", "debug")),
        "request": f"{chance.getrandbits(128):032x}",
        "user": address(chance),
        "path": f"/api/orders/{chance.randrange(10**7)}/items?page={chance.randrange(50)}",
        "status": chance.choice((200, 200, 200, 201, 304, 404)),
        "ms": chance.randrange(2000) / 10,
        "session": token(chance),
        "message": "request finished without an error",
    }
    return json.dumps(entry).encode() + b"\n"


def write_log(path: Path, size: int, values: list[str], piece: int) -> int:
    """Write the log.

    Args:
        piece: bytes that are written at once.

    Returns:
        How many values are planted in it.
    """
    chance = random.Random(4)
    # One block of lines over and over, larger than the caches, for the sake of the time it takes to make it.
    block = bytearray()
    while len(block) < min(BLOCK, size):
        block += line(chance, len(block))
    block = block[: min(BLOCK, size)]
    planted = 0
    with path.open("wb", buffering=0) as file:
        for _ in range(max(1, size // len(block))):
            for place in range(SPACING // 2, len(block), SPACING):
                value = chance.choice(values).encode()
                text = b" " + (base64.b64encode(b"key:" + value) if planted % 2 else value) + b" "
                block[place : place + len(text)] = text
                planted += 1
            for start in range(0, len(block), piece):
                file.write(block[start : start + piece])
        # What the system still writes while others read would count as their time.
        os.fsync(file.fileno())
    return planted


def on_threads(path: Path, matchers: list[Matcher]) -> list[tuple[int, Hit]]:
    """Read a file with as many threads as there are matchers, in the portions that `prodproof trace` makes of it, and
    search it with them.
    """
    parts: queue.SimpleQueue[Part | None] = queue.SimpleQueue()
    for part in [*FilesSource("log", path).parts(len(matchers)), *[None] * len(matchers)]:
        parts.put(part)
    found: list[tuple[int, Hit]] = []

    def work(matcher: Matcher) -> None:
        def search(slab: Slab) -> None:
            piece = slab.pieces[0]
            found.extend((piece.offset + hit.start - piece.start, hit) for hit in matcher.search(slab))

        sink = Sink(search, matcher.overlap, lambda path, why, detail: None)
        while (part := parts.get()) is not None:
            part.read(sink)
            sink.flush()

    threads = [threading.Thread(target=work, args=(matcher,)) for matcher in matchers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def read_alone(path: Path) -> None:
    """The floor: one thread reads the file into one buffer."""
    buffer = bytearray(8 * MEGABYTE)
    with path.open("rb", buffering=0) as file:
        while file.readinto(buffer):
            pass


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def compare(folder: Path, size: int, count: int, rounds: int, piece: int, ripgrep: str) -> list[Row]:
    """One number of values."""
    values = wanted_values(count)
    log, patterns, output = folder / "log", folder / "patterns", folder / "output"
    patterns.write_text("".join(f"{value}\n" for value in values))
    planted = write_log(log, size, values, piece)
    command = [ripgrep, "-F", "-o", "-b", "--no-line-number", "-f", str(patterns), str(log)]
    theirs, processor, floors, theirs_found = [], [], [], 0
    ours = [Times(PLAIN_ONLY), Times(EVERY)]
    for _ in range(rounds):
        floors.append(timed(lambda: read_alone(log)))
        for times in ours:
            search(times, values, log)
        before = children()
        with output.open("wb") as file:
            theirs.append(timed(lambda: subprocess.run(command, stdout=file, check=True)))
        processor.append(children() - before)
        theirs_found = output.read_bytes().count(b"\n")
    found = [len(times.found) for times in ours]
    if found != [theirs_found, planted]:
        raise SystemExit(f"{planted} planted, ripgrep found {theirs_found} of them; prodproof {found}")
    floor, rg = statistics.median(floors), statistics.median(theirs)
    return [
        Row(
            values=count,
            encodings=times.encodings,
            build_seconds=statistics.median(times.build),
            prodproof_seconds=statistics.median(times.whole),
            prodproof_cpu_seconds=statistics.median(times.processor),
            ripgrep_seconds=rg,
            ripgrep_cpu_seconds=statistics.median(processor),
            floor_seconds=floor,
            ratio_to_ripgrep=rg / statistics.median(times.whole),
            ratio_to_floor=statistics.median(times.whole) / floor,
            index_bytes=times.index,
            found=len(times.found),
        )
        for times in ours
    ]


def children() -> float:
    """Seconds of processor time that ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def search(times: Times, values: list[str], log: Path) -> None:
    """One round of ours."""
    start, processor = time.perf_counter(), time.process_time()
    wanted = [Wanted("value", Secret(value)) for value in values]
    matcher = ValueMatcher(wanted, KEY, plain_only=times.encodings == PLAIN_ONLY)
    times.build.append(time.perf_counter() - start)
    hits = on_threads(log, [matcher.fork() for _ in range(THREADS)])
    times.whole.append(time.perf_counter() - start)
    times.processor.append(time.process_time() - processor)
    times.found = {(at, hit.encoding) for at, hit in hits}
    times.index = matcher.size


def missed(row: Row) -> list[str]:
    """What was asked and is not met."""
    faults: list[str] = []
    if row["encodings"] != PLAIN_ONLY:
        return faults
    if row["ratio_to_ripgrep"] < ASKED_OF_RIPGREP.get(row["values"], 0):
        faults.append(f"{row['values']} values: asked for {ASKED_OF_RIPGREP[row['values']]} x ripgrep")
    if row["ratio_to_floor"] > ASKED_OF_FLOOR.get(row["values"], 1e9):
        faults.append(f"{row['values']} values: asked for at most {ASKED_OF_FLOOR[row['values']]} x reading alone")
    return faults


def main() -> int:
    """Run the benchmark; 0 when the ratios are as asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--values", type=int, nargs="+", default=[10, 1_000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writes", type=int, default=8, metavar="KIB", help="how much of the log is written at once")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ripgrep = shutil.which("rg")
    if ripgrep is None:
        print("ripgrep is not installed: apt install ripgrep", file=sys.stderr)
        return 4
    rows: list[Row] = []
    headings = ("build", "prodproof", "cpu", "ripgrep", "cpu", "reading", "x ripgrep", "x reading")
    print(f"{'values':>8}  {'encodings':<12}", *(f"{heading:>9}" for heading in headings))
    for count in options.values:
        with tempfile.TemporaryDirectory() as folder:
            more = compare(
                Path(folder), options.megabytes * MEGABYTE, count, options.rounds, options.writes * 1024, ripgrep
            )
        rows += more
        for row in more:
            ours = (row["build_seconds"], row["prodproof_seconds"], row["prodproof_cpu_seconds"])
            seconds = (*ours, row["ripgrep_seconds"], row["ripgrep_cpu_seconds"], row["floor_seconds"])
            print(f"{count:>8}  {row['encodings']:<12}", *(f"{number:>7.2f} s" for number in seconds), end=" ")
            print(f"{row['ratio_to_ripgrep']:>9.1f} {row['ratio_to_floor']:>9.1f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"prodproof's time has its building in it; index at the most {max(row['index_bytes'] for row in rows)} bytes")
    if options.json:
        options.json.write_text(
            json.dumps({"megabytes": options.megabytes, "peak_bytes": peak, "rows": rows}, indent=2) + "\n"
        )
    faults = [fault for row in rows for fault in missed(row)]
    print(*faults, sep="\n") if faults else None
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())

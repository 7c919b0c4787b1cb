"""A full TCP scan of loopback against `nmap -sT`: which ports, and how long.

    python -m benchmarks.ports [--rounds 3] [--json FILE]

Both sides scan the same address in turns; ratios of medians are printed. nmap is a Debian package.
"""

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from prodproof.reach.ports.scan import Scanner
from prodproof.reach.world import Settings

ADDRESS = "127.91.7.3"
OPENED = 12
ASKED = 1.3


def main() -> int:
    """Run the benchmark; 0 when the ratio and the ports are as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    nmap = shutil.which("nmap")
    if nmap is None:
        print("nmap is not installed: apt install nmap", file=sys.stderr)
        return 4
    listeners = [socket.create_server((ADDRESS, 0)) for _ in range(OPENED)]
    expected = {listener.getsockname()[1] for listener in listeners}
    ours, theirs, false, missed = [], [], set(), set()
    for _ in range(options.rounds):
        start = time.perf_counter()
        result = Scanner(ADDRESS, Settings()).scan(range(1, 65536), time.monotonic() + 120)
        ours.append(time.perf_counter() - start)
        start = time.perf_counter()
        text = subprocess.run(
            [nmap, "-sT", "-p-", "-n", "-Pn", "-T4", "-oG", "-", ADDRESS], capture_output=True, text=True, check=True
        ).stdout
        theirs.append(time.perf_counter() - start)
        # What listens on every address of the machine is open here too, and nmap sees it.
        real = expected | {int(port) for port in re.findall(r"(\d+)/open/tcp", text)}
        false |= result.open - real
        missed |= real - result.open
    for listener in listeners:
        listener.close()
    ratio = statistics.median(ours) / statistics.median(theirs)
    report = {
        "ports": 65535,
        "prodproof_seconds": statistics.median(ours),
        "nmap_seconds": statistics.median(theirs),
        "ratio": ratio,
        "asked": ASKED,
        "false_ports": sorted(false),
        "missed_ports": sorted(missed),
    }
    print(f"{'prodproof':<12}{report['prodproof_seconds']:>8.2f} s")
    print(f"{'nmap -sT':<12}{report['nmap_seconds']:>8.2f} s")
    print(f"ratio {ratio:.2f} (asked: at most {ASKED}); false ports: {len(false)}, missed: {len(missed)}")
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if ratio <= ASKED and not false and not missed else 1


if __name__ == "__main__":
    raise SystemExit(main())

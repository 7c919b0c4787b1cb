"""Start-up and whole runs: `prodproof --help` beside a bare interpreter, a cold and a warm `verify` with one live host.

`python -m benchmarks.whole [--repo DIR] [--rounds 5] [--json FILE]`; the host is that of an embedded range, and the
repository too if none is named. Medians of interleaved rounds; quote the ratios.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from prodproof.range import Form, Range

Command = Sequence[str]

SYSTEM_FILE = """\
version = 1
name = "harbour"

[[repository]]
path = "repository"

[[entry_point]]
url = "{url}"
purpose = "the shop"
owner = "ana"
canonical = true
allow = ["errors"]

[[entry_point]]
url = "{plain}"
purpose = "redirect to HTTPS"
owner = "ana"
allow = ["errors"]

[advisories]
source = "osv-export:{advisories}"

[[person]]
id = "ana"

[[owner]]
of = "*"
person = "ana"
"""


def timed(command: Command, environment: dict[str, str]) -> tuple[float, float]:
    """Wall seconds and peak megabytes of one run of a command."""
    before = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - before
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command)} ended with {code}")
    return seconds, usage.ru_maxrss / 1024


def measure(
    cases: dict[str, tuple[Command, Callable[[], None]]], environment: dict[str, str], rounds: int
) -> dict[str, dict[str, float]]:
    """Medians over interleaved rounds; each case is prepared, untimed, before it is run."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (command, prepare) in cases.items():
            prepare()
            seen[name].append(timed(command, environment))
    return {
        name: {"seconds": statistics.median(s for s, _ in runs), "megabytes": max(m for _, m in runs)}
        for name, runs in seen.items()
    }


def cases_of(harbour: Range, directory: Path, repository: Path | None) -> dict[str, tuple[Command, Callable[[], None]]]:
    """What is measured, each with what prepares it; the repository is cloned into the directory."""
    prodproof = str(Path(sys.executable).parent / "prodproof")
    source, copy, state = repository or harbour.repo.directory, directory / "repository", directory / "state"
    subprocess.run(["git", "clone", "--quiet", str(source.resolve()), str(copy)], check=True)
    system, places = directory / "prodproof.toml", harbour.places
    advisories = harbour.etc / "advisories"
    system.write_text(SYSTEM_FILE.format(url=places.url(), plain=places.http_url(), advisories=advisories))
    verify = (prodproof, "verify", str(system), "--trust", "--state", str(state))
    return {
        "python -c pass": ([sys.executable, "-c", "pass"], lambda: None),
        "prodproof --help": ([prodproof, "--help"], lambda: None),
        "git ls-files": (["git", "-C", str(copy), "ls-files"], lambda: None),
        "verify, cold": (verify, lambda: shutil.rmtree(state, ignore_errors=True)),
        "verify, nothing changed": (verify, lambda: None),
    }


def environment_of(harbour: Range) -> dict[str, str]:
    """The vantage's, with nothing of the user's configuration."""
    return {**os.environ, **harbour.vantage.variables()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repo", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        harbour = Range.up(directory / "range", Form.EMBEDDED)
        try:
            figures = measure(cases_of(harbour, directory, options.repo), environment_of(harbour), options.rounds)
        finally:
            harbour.down()
    floor = figures["python -c pass"]["seconds"]
    print(f"{'':<26}{'seconds':>9}{'x floor':>9}{'MB':>7}")
    for name, figure in figures.items():
        print(f"{name:<26}{figure['seconds']:>9.2f}{figure['seconds'] / floor:>9.1f}{figure['megabytes']:>7.0f}")
    if options.json:
        options.json.write_text(json.dumps({"figures": figures, "rounds": options.rounds}, indent=2) + "\n")


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()

"""Patterns of secrets in a whole git history, against kingfisher on the same rules.

    python -m benchmarks.scan_history REPOSITORY [--rounds 3] [--json FILE]

Both sides read every blob of the history, look for the rules of this program that kingfisher can express too (it knows
no keyword before the match and no paths), and tell path and commit of what they find. kingfisher runs with `--turbo`,
which leaves out base64, types of files and details of commits. Whole processes take turns on a warm page cache, with
their compiled rules kept from a run that does not count; medians are printed. kingfisher is in the development
dependencies. The repository that the numbers in docs/benchmarks.md are of is https://github.com/curl/curl.
"""

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

import yaml

from prodproof.trace.patterns import syntax
from prodproof.trace.patterns.pack import load_pack
from prodproof.trace.patterns.rule import Rule

ASKED = 1.5
TIME_LIMIT = 900
FOUND = (0, 1, 200, 205)
"""Exit codes of both sides that are no failure."""

OURS = """
import json, resource, sys
from pathlib import Path
from prodproof.trace.patterns import PatternMatcher, load_pack
from prodproof.trace.search import Search, first_of_each
from prodproof.trace.sources.git import GitSource
names = set(json.loads(Path(sys.argv[2]).read_text()))
matcher = PatternMatcher([rule for rule in load_pack() if rule.id in names], b"benchmark" * 4)
outcome = Search([GitSource.open("git", Path(sys.argv[1]))], [matcher], threads=2).run()
found = list(first_of_each(outcome.findings))
print(json.dumps({
    "findings": len(found), "with path and commit": sum(bool(item.path and item.commit) for item in found),
    "bytes": outcome.bytes_read, "gaps": len(outcome.gaps),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
"""


class Row(TypedDict):
    """One side."""

    side: str
    seconds: list[float]
    median: float
    findings: int


def shared_rules() -> list[Rule]:
    """The rules that both sides can carry out."""
    return [rule for rule in load_pack() if not (rule.near or rule.paths or rule.decode or rule.public)]


def for_rust(node: syntax.Node) -> str:
    """A pattern in the syntax of Rust's regex crate, where other characters than in Python must be escaped."""
    match node:
        case syntax.Atom(text="^" | "$" | r"\b" | r"\B" | r"\A"):
            return node.text
        case syntax.Atom(text=r"\Z"):
            return r"\z"
        case syntax.Atom():
            return _character_class(node.text)
        case syntax.Repeat():
            most = "" if node.most == syntax.UNBOUNDED else str(node.most)
            return f"{for_rust(node.node)}{{{node.least},{most}}}"
        case syntax.Group():
            inner = "|".join("".join(for_rust(part) for part in branch.nodes) for branch in node.branches)
            return f"{node.open}{inner})"


def _character_class(text: str) -> str:
    characters = [code for code in range(128) if re.fullmatch(text, chr(code), re.ASCII)]
    negated = re.fullmatch(text, "\u00ff", re.ASCII) is not None
    if negated:
        characters = [code for code in range(128) if code not in characters]
        if not characters:
            return r"[\s\S]"
    inner = "".join(rf"\x{code:02x}" for code in characters)
    return f"[^{inner}]" if negated else f"[{inner}]"


def exported(rules: Sequence[Rule]) -> str:
    """The rules as kingfisher reads them."""
    rows = []
    for number, rule in enumerate(rules):
        tree, caseless = syntax.parse(rule.pattern)
        row = {
            "name": rule.what,
            "id": f"prodproof.{rule.id}.{number}",
            "pattern": f"(?m{'i' if caseless else ''}){for_rust(tree)}",
            "min_entropy": rule.entropy,
            "confidence": "medium",
        }
        rows.append(row)
    return yaml.safe_dump({"rules": rows}, allow_unicode=False, width=10**6)


def measure(repository: Path, rounds: int) -> list[Row]:
    """Both sides in turns.

    Raises:
        RuntimeError: a side failed; its output is in the message.
    """
    kingfisher = shutil.which("kingfisher", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if kingfisher is None:
        raise RuntimeError("kingfisher is not installed: it comes with the development dependencies")
    rules = shared_rules()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rules.yml").write_text(exported(rules))
        Path(folder, "names.json").write_text(json.dumps([rule.id for rule in rules]))
        environment = {**os.environ, "XDG_CACHE_HOME": str(Path(folder, "cache")), "KF_RULE_CACHE_DIR": folder}
        theirs = [kingfisher, "scan", str(repository), "--rules-path", f"{folder}/rules.yml", "--load-builtins=false"]
        theirs += ["--turbo", "--no-validate", "--no-update-check", "--redact", "--format", "jsonl", "--jobs", "2"]
        theirs += ["--no-extract-archives", "--git-repo-timeout", "0"]
        sides = {
            "prodproof": [sys.executable, "-c", OURS, str(repository), f"{folder}/names.json"],
            "kingfisher --turbo": theirs,
        }
        rows = {side: Row(side=side, seconds=[], median=0.0, findings=0) for side in sides}
        for number in range(rounds + 1):
            for side, command in sides.items():
                seconds, findings = _run(command, environment)
                if number:
                    rows[side]["seconds"].append(seconds)
                rows[side]["findings"] = findings
    for row in rows.values():
        row["median"] = statistics.median(row["seconds"])
    return list(rows.values())


def _run(command: list[str], environment: dict[str, str]) -> tuple[float, int]:
    began = time.perf_counter()
    done = subprocess.run(command, env=environment, capture_output=True, timeout=TIME_LIMIT, check=False)
    seconds = time.perf_counter() - began
    if done.returncode not in FOUND:
        raise RuntimeError(f"{command[0]}: exit code {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    if command[0] == sys.executable:
        answer = json.loads(done.stdout)
        print(f"  prodproof: {answer}", file=sys.stderr)
        return seconds, int(answer["findings"])
    return seconds, sum(b'"finding"' in line for line in done.stdout.splitlines())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = measure(options.repository, options.rounds)
    ours, theirs = rows
    for row in rows:
        print(f"{row['side']:<20} {row['median']:8.2f} s   {row['findings']:6} findings")
    ratio = theirs["median"] / ours["median"]
    print(f"{len(shared_rules())} rules; kingfisher / prodproof = {ratio:.2f} (asked: {ASKED})")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "ratio": ratio}, indent=2) + "\n")
    return 0 if ratio >= ASKED else 1


if __name__ == "__main__":
    sys.exit(main())

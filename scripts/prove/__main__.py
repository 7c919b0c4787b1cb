"""`python -m scripts.prove`: carry the matrix out.

Three ranges run beside each other, so that both cores have work while drills wait for servers.
Exit code 0 only if every row is right and none lacks.
"""

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from prodproof.cli.range import largest
from prodproof.range import Fault, Form, all_faults
from prodproof.system.errors import UserError
from scripts.prove import proof
from scripts.prove.ranges import end_once, prove_all

RECORDINGS = Path("tests/range/recordings")


def main() -> int:
    """Parse, prove, report."""
    # Ended from outside, the ranges are still taken down.
    signal.signal(signal.SIGTERM, end_once)
    options = _options()
    form = Form(options.form) if options.form else largest()
    chosen = [fault for fault in all_faults() if not options.only or _named(fault, options.only)]
    if not chosen:
        print(f"no fault matches {' '.join(options.only)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    print(f"{len(chosen)} guarantees on {options.ranges} ranges, {form} form", flush=True)
    try:
        rows = prove_all(
            chosen, form, options.ranges, whole=options.full, recordings=RECORDINGS if options.keep else None
        )
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    wrong = [row for row in rows if not row.right]
    lacking = [] if options.only else proof.lacking(rows)
    print()
    for row in wrong:
        print(f"WRONG {row.guarantee} {row.state} {row.variant}: {'; '.join(row.wrong)}\n      {row.message}")
    for text in lacking:
        print(f"LACKING {text}")
    print(f"{len(rows)} rows in {time.monotonic() - started:.0f} s")
    print(proof.line(rows))
    if options.output:
        proof.save(rows, form, options.output)
    if options.keep:
        doubtful = {row.guarantee for row in wrong}
        right = [row for row in rows if row.guarantee not in doubtful]
        kept = proof.with_others(right, proof.load()) if options.only or doubtful or lacking else right
        proof.save(kept, form, proof.FILE)
        proof.PAGE.write_text(proof.page(kept, form))
    return 1 if wrong or lacking else 0


def _named(fault: Fault, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(fault.guarantee, pattern) for pattern in patterns)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.prove", description=__doc__)
    parser.add_argument("--form", choices=[str(form) for form in Form], help="the largest possible one if left out")
    parser.add_argument(
        "--only", action="append", default=[], metavar="GLOB", help="guarantees, for example 'supply.*'"
    )
    parser.add_argument("--full", action="store_true", help="look at everything after every fault")
    parser.add_argument("--ranges", type=int, default=3, help="how many ranges beside each other")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="write docs/proof.md, docs/proof.json and the recordings of the guarantees whose rows are all right",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the rows as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

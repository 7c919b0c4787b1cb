"""`python -m scripts.mutate [--only GLOB]... [--jobs N] [--all] [--list]`: run the mutants and write the result.

Exit codes: 0 at least 95% were noticed, 1 fewer, 2 wrong use or checks that fail without any mutant.
"""

import argparse
import fnmatch
import importlib
import os
import sys

from scripts.mutate import pool, result
from scripts.mutate.mutants import ROOT, files, mutants_of


def main() -> int:
    """Run as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m scripts.mutate", description="Mutation testing of the judges.")
    parser.add_argument("--only", action="append", default=[], metavar="GLOB", help="files, such as '*/csrf.py'")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="children at once")
    parser.add_argument("--killed", action="store_true", help="name what was noticed too, and by what")
    parser.add_argument("--survivors", action="store_true", help="name the survivors")
    options = parser.parse_args()
    chosen = [
        path
        for path in files()
        if not options.only or any(fnmatch.fnmatch(str(path.relative_to(ROOT)), pattern) for pattern in options.only)
    ]
    mutants = [mutant for path in chosen for mutant in mutants_of(path)]
    if not mutants:
        print("no file with mutants has that name", file=sys.stderr)
        return 2
    ended = pool.run(mutants, options.jobs)
    if ended is None:
        return 2
    run = result.Run.of(ended)
    if options.survivors or options.killed:
        for mutant, outcome in ended:
            if options.killed or not outcome.killed:
                mark = f"{outcome.by} ({outcome.detail})" if outcome.killed else "SURVIVED"
                print(f"{mutant.path}:{mutant.line} {mutant.function} {mutant.operator}: "
                      f"{mutant.before} -> {mutant.after}  {mark}")  # fmt: skip
    print(run.table())
    if not options.only:
        run.write()
        importlib.import_module("scripts.generate").main(False)
    print(run.headline())
    return 0 if run.enough else 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":
        # The order of sets must be the same in each run.
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "scripts.mutate", *sys.argv[1:]])
    sys.exit(main())

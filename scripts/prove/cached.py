"""A stand-in for a slow program that gives its earlier answer for the very same files.

checkov takes seconds for every run, and most faults change nothing that it reads. Its answer depends on its arguments
and on the files in its directory alone, so that the first answer for them is given again.
"""

import hashlib
import os
import stat
import subprocess
import sys
from pathlib import Path

_SCRIPT = """\
#!{python}
import sys
sys.path.insert(0, {source!r})
from scripts.prove.cached import answer
sys.exit(answer({program!r}, {folder!r}, sys.argv[1:]))
"""
_ROOT = b"@DIRECTORY@"


def stand_in(program: str, folder: Path) -> str:
    """Write a program that answers like `program`; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(program).name
    if not path.exists():
        source = str(Path(__file__).parents[2])
        # What runs cannot be written to, so that it appears whole and stays.
        new = path.with_name(f"{path.name}.{os.getpid()}")
        new.write_text(_SCRIPT.format(python=sys.executable, source=source, program=program, folder=str(folder)))
        new.chmod(stat.S_IRWXU)
        new.replace(path)
    return str(path)


def answer(program: str, folder: str, arguments: list[str]) -> int:
    """Print what the program says about the directory that its arguments name, and return its exit code."""
    root = Path(arguments[arguments.index("--directory") + 1])
    kept = Path(folder, _digest(arguments, root))
    if kept.exists():
        code, _, output = kept.read_bytes().partition(b"\n")
    else:
        done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, check=False)
        code, output = str(done.returncode).encode(), done.stdout.replace(os.fsencode(root), _ROOT)
        temporary = kept.with_name(f"{kept.name}.{os.getpid()}")
        temporary.write_bytes(code + b"\n" + output)
        temporary.replace(kept)
    sys.stdout.buffer.write(output.replace(_ROOT, os.fsencode(root)))
    return int(code)


def _digest(arguments: list[str], root: Path) -> str:
    digest = hashlib.sha256(repr([word for word in arguments if word != str(root)]).encode())
    for file in sorted(root.rglob("*")):
        if file.is_file():
            content = hashlib.sha256(file.read_bytes()).hexdigest()
            digest.update(f"{file.relative_to(root)}\0{content}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()

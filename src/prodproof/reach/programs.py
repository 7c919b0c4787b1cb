"""Where a program is installed."""

import shutil
import sys
from pathlib import Path


def find_program(name: str) -> str | None:
    """Path of an installed program: beside the running Python first (tools that came with us), then on PATH."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.is_file() else shutil.which(name)

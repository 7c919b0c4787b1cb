"""Small servers that the range starts as processes of their own; each file is a program."""

import sys
from pathlib import Path


def program(name: str, *arguments: str) -> tuple[str, ...]:
    """The words that start `<name>.py` of this folder, in isolated mode."""
    return (sys.executable, "-I", str(Path(__file__).parent / f"{name}.py"), *arguments)

"""Python's own parser, used by one thread at a time.

Before 3.11.10 and 3.12.1 the parser counts its depth for all threads together, and raises SystemError when several use
it at once (https://github.com/python/cpython/issues/106905). Libraries that ask it on the way take the same turn:
packaging reads the texts of markers with it.
"""

import ast
import threading

TURN = threading.Lock()
"""Held by whoever uses the parser."""

ATTEMPTS = 5


def parse(text: str) -> ast.Module:
    """The syntax tree of a module.

    Raises what `ast.parse` raises: SyntaxError, ValueError, RecursionError, MemoryError.
    """
    for _ in range(ATTEMPTS - 1):
        with TURN:
            try:
                return ast.parse(text)
            except SystemError:  # somebody used the parser out of turn
                continue
    with TURN:
        return ast.parse(text)

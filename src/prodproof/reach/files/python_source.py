"""Python's own parser, one source at a time."""

import ast
import threading

_TURN = threading.Lock()


def parse(text: str) -> ast.Module:
    """The syntax tree of a module.

    Before 3.11.10 and 3.12.1 the parser counts its depth for all threads together and raises SystemError when several
    parse at once (https://github.com/python/cpython/issues/106905), so that they take turns; Python's lock would not
    let them run beside each other anyway.

    Raises what `ast.parse` raises: SyntaxError, ValueError, RecursionError, MemoryError.
    """
    with _TURN:
        return ast.parse(text)

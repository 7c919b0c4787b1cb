"""Command substitutions taken out of a shell script, each as a script of its own: quotes begin anew within them.

Source: POSIX.1-2024, Shell Command Language, 2.6.3 "Command Substitution".
"""

import re
from collections.abc import Iterator

IN_PLACE = "$SUBSTITUTED"
MAX_DEPTH = 20
MAX_SCRIPT = 256 * 1024
_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)(?P<mark>\w+)\1")


def lifted(script: str) -> tuple[tuple[int, str], ...]:
    """A script without its `$(…)`, and each of these as a script; with the lines that they begin on, counted from 0.

    What is not closed, or lies too deep, is left as it was written; so is a script that is too long.
    """
    return tuple(_parts(script, 0, MAX_DEPTH if len(script) <= MAX_SCRIPT else 0))


def _parts(script: str, first: int, depth: int) -> Iterator[tuple[int, str]]:
    found = list(_substitutions(script)) if depth else []
    rest, end, inner = [], 0, []
    for start, stop in found:
        text = script[start + 2 : stop - 1]
        # The lines stay as many as they were.
        rest.append(script[end:start] + IN_PLACE + "\\\n" * text.count("\n"))
        inner.append((first + script.count("\n", 0, start), text))
        end = stop
    yield first, "".join((*rest, script[end:]))
    for line, text in inner:
        yield from _parts(text, line, depth - 1)


def _substitutions(script: str) -> Iterator[tuple[int, int]]:
    """Where the outermost ones begin and end."""
    position, quoted = 0, False
    while position < len(script):
        here = script[position]
        if here == "\\":
            position += 2
        elif here == '"':
            quoted = not quoted
            position += 1
        elif here == "'" and not quoted:
            position = _after(script, "'", position + 1)
        elif here == "#" and not quoted and (position == 0 or script[position - 1] in " \t\n;&|("):
            position = _after(script, "\n", position)
        elif here == "<" and not quoted and (document := _HEREDOC.match(script, position)):
            position = _after_document(script, document["mark"], document.end())
        elif script.startswith("$(", position) and not script.startswith("$((", position):
            end = _closed(script, position + 2)
            if end is None:
                return
            yield position, end
            position = end
        else:
            position += 1


def _closed(script: str, position: int) -> int | None:
    """The place after the parenthesis that ends what began here."""
    open_ones, quotes = [1], [False]  # of each substitution within another one
    while position < len(script):
        here = script[position]
        if here == "\\":
            position += 1
        elif here == '"':
            quotes[-1] = not quotes[-1]
        elif here == "'" and not quotes[-1]:
            position = _after(script, "'", position + 1) - 1
        elif script.startswith("$(", position):
            open_ones.append(1)
            quotes.append(False)
            position += 1
        elif not quotes[-1] and here in "()":
            open_ones[-1] += 1 if here == "(" else -1
            if not open_ones[-1]:
                open_ones.pop()
                quotes.pop()
            if not open_ones:
                return position + 1
        position += 1
    return None


def _after_document(script: str, mark: str, position: int) -> int:
    """The place after a here document, which ends with the script where nothing else ends it."""
    position = _after(script, "\n", position)
    while position < len(script):
        end = _after(script, "\n", position)
        if script[position:end].strip() == mark:
            return end
        position = end
    return position


def _after(script: str, mark: str, position: int) -> int:
    found = script.find(mark, position)
    return len(script) if found < 0 else found + 1

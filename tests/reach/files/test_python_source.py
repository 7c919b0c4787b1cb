"""Several threads parse at once without one making another fail."""

import ast
from concurrent.futures import ThreadPoolExecutor

import pytest

from prodproof.reach.files.python_source import parse

DEEP = "x = " + "(" * 80 + "1" + ")" * 80 + "\n"
DEEP += "\n".join(f"def f{n}(a):\n    return [a for a in {n}]" for n in range(60))


def test_threads_take_turns() -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(parse, [DEEP] * 60))
    assert {len(tree.body) for tree in trees} == {61}


def test_a_parser_that_somebody_uses_out_of_turn_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = ast.parse, []

    def disturbed(text: str) -> ast.Module:
        calls.append(text)
        if len(calls) < 3:
            raise SystemError("AST constructor recursion depth mismatch")
        return real(text)

    monkeypatch.setattr(ast, "parse", disturbed)
    assert isinstance(parse("x = 1"), ast.Module)
    assert len(calls) == 3

"""Several threads parse at once without one making another fail."""

from concurrent.futures import ThreadPoolExecutor

from prodproof.reach.files.python_source import parse

DEEP = "x = " + "(" * 80 + "1" + ")" * 80 + "\n"
DEEP += "\n".join(f"def f{n}(a):\n    return [a for a in {n}]" for n in range(60))


def test_threads_take_turns() -> None:
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(parse, [DEEP] * 60))
    assert {len(tree.body) for tree in trees} == {61}

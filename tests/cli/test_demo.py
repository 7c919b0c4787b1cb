"""`prodproof demo` from nothing: the shop is verified, one thing is broken and found, and all of it can be ended."""

from pathlib import Path

import pytest

from prodproof.cli import demo
from prodproof.range import Range
from prodproof.range.processes import belonging
from tests.cli.conftest import Command


@pytest.fixture
def ranges(tmp_path: Path) -> Path:
    """Where `own_home` lets ranges lie."""
    return tmp_path / "ranges"


def test_it_shows_a_healthy_shop_and_a_broken_one_and_stays_up(
    prodproof: Command, ranges: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = tmp_path / "report.html"
    shown = prodproof("demo", "--report", report)
    made = Range.open(ranges / "harbour")
    try:
        assert shown.code == 0, shown.err
        before, after = shown.out.split("now somebody edits one line on the server: ")
        assert before.startswith("starting harbour, a small shop, on this machine\n")
        assert "0 broken" in before and "✗ hsts" not in before
        assert "✗ hsts" in after and "mended\n" in after
        assert report.read_text().startswith("<!doctype html>")
        assert made.broken == () and {trouble for _, trouble in made.status()} == {None}
        monkeypatch.setattr(demo, "_verify", lambda *given: None)
        assert "starting harbour" not in prodproof("demo").out, "one that is up is used"
        assert prodproof("range", "break", demo.SHOWN).code == 0
        refused = prodproof("demo")
        assert refused.code == 2 and "broken on purpose: prodproof range mend" in refused.err
        assert prodproof("range", "mend").code == 0
        ended = prodproof("demo", "--end")
        assert ended.code == 0 and ended.out.endswith("the shop is stopped and removed\n")
        assert not made.directory.exists()
    finally:
        if made.directory.exists():
            made.down()
    assert list(belonging(made.identity, made.directory, ())) == []


def test_interrupted_it_leaves_nothing_that_it_started(
    prodproof: Command, ranges: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(range: Range, only: object, report: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_verify", interrupt)
    assert prodproof("demo").code == 130
    assert list(ranges.iterdir()) == []


def test_one_that_was_up_before_is_mended_and_left_up(
    prodproof: Command, ranges: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(range: Range, only: tuple[str, ...], report: object) -> None:
        if only:
            raise KeyboardInterrupt

    assert prodproof("range", "up", "--form", "embedded").code == 0
    made = Range.open(ranges / "harbour")
    try:
        monkeypatch.setattr(demo, "_verify", interrupt)
        assert prodproof("demo").code == 130
        assert Range.open(made.directory).broken == ()
        assert prodproof("range", "status").code == 0
    finally:
        made.down()


def test_it_needs_git(prodproof: Command, ranges: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    answer = prodproof("demo")
    assert answer.code == 2 and "apt-get install git" in answer.err
    assert not ranges.exists()

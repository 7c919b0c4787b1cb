"""The prose of the catalogue keeps its form, and the pages made from it are current."""

import re

import pytest

from prodproof.guarantees import Entry, catalogue
from scripts.generate import ROOT, pages

each_entry = pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.id)


@each_entry
def test_sections_begin_as_sentences_do(entry: Entry) -> None:
    for text in (entry.must_be_true, entry.risk, entry.verified_by, entry.remedy):
        assert text[0].isupper() or text.startswith((".env ", "'")), text


@each_entry
def test_nothing_is_left_to_be_written(entry: Entry) -> None:
    prose = " ".join((entry.must_be_true, entry.risk, entry.verified_by, entry.remedy))
    assert re.search(r"TODO|FIXME|XXX|\bTBD\b", prose) is None
    assert re.search(r"\w- (?!and\b|or\b)\w", prose) is None, "a word was cut at the end of a line"


@each_entry
def test_the_risk_is_short(entry: Entry) -> None:
    assert len(entry.risk) <= 300
    assert "`" not in entry.risk


def test_generated_pages_are_current() -> None:
    stale = [
        str(path.relative_to(ROOT)) for path, text in pages().items() if not path.exists() or path.read_text() != text
    ]
    assert stale == [], "make docs"

"""What pages name is there, and what they count is so."""

import re
from pathlib import Path

import pytest

from prodproof.guarantees import catalogue
from tests.docs.pages import CHANGELOG, PAGES, README, ROOT

_FENCED = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
_FILE = re.compile(r"`((?:src/prodproof|tests|scripts|benchmarks)/[\w./-]+?)(?:::?[\w.]+)?/?`")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def _headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", _FENCED.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    for path, heading in _LINK.findall(_FENCED.sub("", page.read_text())):
        target = page.parent / path if path else page
        if not target.exists() or (heading and target.suffix == ".md" and heading not in _headings(target)):
            dead.append(f"{path}#{heading}")
    assert dead == []


@each_page
def test_files_that_are_named_are_there(page: Path) -> None:
    if page.name == "accuracy.md":
        pytest.skip("its files are those of other repositories")
    named = set(_FILE.findall(_FENCED.sub("", page.read_text())))
    assert sorted(name for name in named if not (ROOT / name).exists() and name not in INVENTED) == []


INVENTED = {
    "src/prodproof/guarantees/exposure/no_teapots.py",
    "src/prodproof/range/faults/exposure/no_teapots.py",
    "src/prodproof/facts/lamp.py",
    "src/prodproof/reach/lamp.py",
    "src/prodproof/facts/frozen.py",
}
"""Files that recipes make."""


def test_the_readme_and_the_changelog_count_the_catalogue() -> None:
    every = [item.guarantee for item in catalogue()]
    broken, held = sum(item.can_break for item in every), sum(item.verifiable for item in every)
    text = " ".join(README.read_text().split())
    assert f"The catalogue has {len(every)} guarantees." in text
    assert (
        f"can find {broken} of them broken, and can make {held} of these hold; the other {len(every) - broken}" in text
    )
    assert f"Each of the {broken} guarantees has a switch" in text
    changes = " ".join(CHANGELOG.read_text().split())
    assert f"The catalogue: {len(every)} guarantees" in changes
    assert f"can find {broken} of them broken and can make {held} of these hold" in changes

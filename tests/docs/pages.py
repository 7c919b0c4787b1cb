"""The pages that people read."""

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
README, CONTRIBUTING, CHANGELOG = (ROOT / f"{name}.md" for name in ("README", "CONTRIBUTING", "CHANGELOG"))
PAGES = (README, CONTRIBUTING, CHANGELOG, *sorted((ROOT / "docs").rglob("*.md")))


def section(page: Path, heading: str) -> str:
    """The text below a heading of the second rank. Raises ValueError where there is none."""
    _, found, rest = page.read_text().partition(f"\n## {heading}\n")
    if not found:
        raise ValueError(f"{page.name} has no heading {heading!r}")
    return rest.partition("\n## ")[0]

"""Write the generated pages: `docs/guarantees/` from the catalogue, the system file's reference from its schema,
`docs/mutation.md` from the last run of the mutants.

`python -m scripts.generate` writes them; `--check` says which are out of date and exits with 1.
"""

import sys
from pathlib import Path

from prodproof.cli.guarantees import ability
from prodproof.guarantees import Entry, catalogue
from prodproof.system.reference import reference_text
from prodproof.system.schema import json_schema_text
from prodproof.verdicts import Kind
from scripts.mutate import page

ROOT = Path(__file__).parent.parent
ABILITIES = {
    "verifies": "can be found broken, and can hold",
    "breaks": "can be found broken; cannot hold yet",
    "-": "cannot be verified yet",
}
WORDS = {Kind.HOLDS: "holds", Kind.BROKEN: "broken", Kind.UNKNOWN: "unknown", Kind.NOT_APPLICABLE: "not applicable"}


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    grouped: dict[str, list[Entry]] = {}
    for item in catalogue():
        grouped.setdefault(item.guarantee.area, []).append(item)
    folder = ROOT / "docs" / "guarantees"
    made = {folder / f"{area}.md": _area(area, items) for area, items in grouped.items()}
    made[folder / "README.md"] = _index(grouped)
    made[ROOT / "docs" / "system-file.md"] = reference_text()
    made[ROOT / "docs" / "prodproof.schema.json"] = json_schema_text()
    made[page.PAGE] = page.page_text()
    return made


def _index(grouped: dict[str, list[Entry]]) -> str:
    every = [item for items in grouped.values() for item in items]
    able = sum(item.guarantee.verifiable for item in every)
    breakable = sum(item.guarantee.can_break for item in every)
    lines = [
        "# The guarantees",
        "",
        f"{len(every)} claims. This version can find {breakable} of them broken, and can make {able} of these hold; "
        "the others answer *unknown (not-verifiable-yet)* and are counted.",
        "",
        "This page and the others here are generated from the catalogue (`make docs`).",
        "",
        "| guarantee | severity | proof | this version |",
        "| --- | --- | --- | --- |",
    ]
    for area, items in grouped.items():
        for item in items:
            guarantee = item.guarantee
            lines.append(
                f"| [{item.id}]({area}.md#{item.id.replace('.', '')}) | {guarantee.severity.value} "
                f"| {' + '.join(sorted(guarantee.proof))} | {ABILITIES[ability(item)]} |"
            )
    return "\n".join([*lines, ""])


def _area(area: str, items: list[Entry]) -> str:
    lines = [f"# {area}", "", "Generated from the catalogue (`make docs`).", ""]
    for item in items:
        guarantee = item.guarantee
        days = guarantee.good_for.total_seconds() / 86400
        lines += [
            f"## {item.id}",
            "",
            f"**{item.must_be_true}**",
            "",
            f"Severity {guarantee.severity.value}; needs {' and '.join(sorted(guarantee.proof))} evidence, good for "
            f"{days:g} day{'s' if days != 1 else ''}; {ABILITIES[ability(item)]}; from {', '.join(guarantee.seeds)}.",
            "",
            f"- *Risk.* {item.risk}",
            f"- *{'Verified' if guarantee.can_break else 'How it will be verified'}.* {item.verified_by}",
            f"- *Mend.* {item.remedy}",
            "",
        ]
        if item.examples:
            lines += ["| example | verdict |", "| --- | --- |"]
            lines += [f"| {example.name.replace('|', '/')} | {WORDS[example.kind]} |" for example in item.examples]
            lines.append("")
    return "\n".join(lines)


def main(check: bool) -> int:
    """Write the pages, or with `check` name those that differ."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: make docs")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(pages()[path])
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))

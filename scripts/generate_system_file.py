"""Writes docs/prodproof.schema.json and docs/system-file.md from the schema of the system file."""

from pathlib import Path

from prodproof.system.reference import reference_text
from prodproof.system.schema import json_schema_text

DOCS = Path(__file__).parent.parent / "docs"


def main() -> None:
    """Write both files."""
    (DOCS / "prodproof.schema.json").write_text(json_schema_text(), encoding="utf-8")
    (DOCS / "system-file.md").write_text(reference_text(), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The draft format, version 0, still loads, and its mistakes are told with its own lines."""

from pathlib import Path

import pytest

from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.migrate import migrated_text
from prodproof.system.source import parse

OLD = """# our shop
version = 0
system = "shop"   # since 2019
urls = [
  "https://shop.example",
  "https://api.shop.example", # the API
]
hosts = ["192.0.2.7"]
people = ["ana", "ben"]

[gate]
scope = "full"
"""


def write(directory: Path, text: str) -> Path:
    file = directory / "prodproof.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_draft_is_read_as_the_present_format_and_says_so(tmp_path: Path) -> None:
    file = read(write(tmp_path, OLD))
    declared = load(tmp_path)
    assert declared.system == "shop"
    assert [item.url for item in declared.entry_points] == ["https://shop.example", "https://api.shop.example"]
    assert [item.name for item in declared.hosts] == ["192.0.2.7"]
    assert [item.id for item in declared.people] == ["ana", "ben"]
    assert declared.gate.scope == "full"
    (notice,) = file.notices
    assert "is written in format 0" in notice
    assert "prodproof init --migrate" in notice


def test_the_rewritten_text_keeps_comments_and_needs_no_further_migration(tmp_path: Path) -> None:
    path = write(tmp_path, OLD)
    text = migrated_text(path, parse(OLD, path, "prodproof.toml"))
    assert "# our shop" in text
    assert 'name = "shop"   # since 2019' in text
    before = load(path)
    path.write_text(text)
    after = read(path)
    assert after.notices == ()
    assert [item.url for item in load(path).entry_points] == [item.url for item in before.entry_points]
    with pytest.raises(SystemFileError, match="nothing to migrate"):
        migrated_text(path, after.source)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OLD.replace("https://api.", "api."), ':6: entry_point.url: "api.shop.example" has no scheme'),
        (OLD.replace('"ben"', '"ana"'), ":9: person.id: is declared twice"),
        (OLD.replace('scope = "full"', 'scop = "full"'), ':12: gate.scop: unknown key; did you mean "scope"?'),
        (OLD.replace('["192.0.2.7"]', "[7]"), ':8: hosts: expected a list of texts: ["…"]'),
    ],
)
def test_mistakes_are_told_with_the_lines_of_the_file_as_it_is(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SystemFileError) as caught:
        load(write(tmp_path, text))
    assert said in str(caught.value)

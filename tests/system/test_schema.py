"""What is written from the schema is current, and says the same as the loader."""

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from prodproof.range.components.repo import HEALTHY
from prodproof.system.load import load
from prodproof.system.reference import reference_text
from prodproof.system.schema import ARRAYS, SINGLES, json_schema, json_schema_text, table_of

DOCS = Path(__file__).parents[2] / "docs"


def test_the_written_schema_is_current() -> None:
    assert (DOCS / "prodproof.schema.json").read_text(encoding="utf-8") == json_schema_text()


def test_the_reference_is_current() -> None:
    assert (DOCS / "system-file.md").read_text(encoding="utf-8") == reference_text()


def test_every_field_is_described() -> None:
    for name in (*ARRAYS, *SINGLES):
        model = table_of(name)
        assert model.__doc__
        for field, info in model.model_fields.items():
            assert info.description, f"{name}.{field}"


def plain(value: Any) -> Any:
    """TOML dates as editors hand them to JSON Schema."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def valid(text: str) -> bool:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(plain(tomllib.loads(text))))


def test_the_demo_shop_is_a_complete_example_that_loads_and_fits_the_schema() -> None:
    text = (HEALTHY / "prodproof.toml").read_text()
    declared = load(HEALTHY, today=date(2026, 11, 21))
    assert valid(text)
    assert declared.entry_points[0].url == "https://harbour.example"
    assert load(HEALTHY, "staging").entry_points[0].login == "env:HARBOUR_STAGING_LOGIN"
    unused = set(ARRAYS) - set(tomllib.loads(text)) - {"person", "maintenance", "erasure"}
    assert unused == {"suppression", "waiver", "not_applicable", "secret_allowed"}, "a healthy shop accepts nothing"


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ('version = 1\nname = "x"', True),
        ('version = 2\nname = "x"', False),
        ('version = 1\nname = "x"\nunknown = 1', False),
        ('version = 1\nname = "x"\n[[host]]\nname = "a"\nports = [1, { number = 2 }]', True),
        ('version = 1\nname = "x"\n[[host]]\nname = "a"\nports = ["1"]', False),
        ('version = 1\nname = "x"\n[[data_store]]\nname = "a"\nkind = "b"\nrto = "5 minutes"', True),
        ('version = 1\nname = "x"\n[[data_store]]\nname = "a"\nkind = "b"\nrto = 5', False),
        ('version = 1\nname = "x"\n[[secret]]\nname = "a"\nref = "value"', False),
        ('version = 1\nname = "x"\n[[person]]\nid = "a"\nleft = 2026-01-01', True),
        ('version = 1\nname = "x"\n[[entry_point]]\nurl = "shop.example"', False),
    ],
)
def test_editors_see_what_the_loader_sees(tmp_path: Path, text: str, fits: bool) -> None:
    (tmp_path / "prodproof.toml").write_text(text)
    try:
        load(tmp_path)
        loaded = True
    except Exception:
        loaded = False
    assert (valid(text), loaded) == (fits, fits)


def test_the_schema_is_plain_json() -> None:
    assert json.loads(json_schema_text())["properties"]["entry_point"]["type"] == "array"

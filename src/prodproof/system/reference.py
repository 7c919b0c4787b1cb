"""The reference page of the system file, written from its schema."""

import re
from typing import Any

from prodproof.system.schema import ARRAYS, SINGLES, json_schema

_INTRO = """# prodproof.toml

Generated from the schema (`make docs`).

The system file says what a team declares about its system. `prodproof init` writes a first one; it is short, lies
beside the code, and is reviewed like code. Nothing that is not declared in it is ever contacted.

- Unknown keys are errors, with a suggestion; all errors of a file are shown at once, each with its line.
- Durations are written `"4h"`, `"1h30m"`, `"5 minutes"`, `"90d"`, `"6 months"` (of 30 days) or `"2y"` (of 365).
- Dates are written `2027-01-31`, without quotes.
- Secrets are named by reference; their values never stand in a file, and what looks like one is refused and not
  repeated. `env:NAME`, `file:PATH` and `file:PATH#NAME` (the line `NAME=…` of an env file) are of the machine that
  prodproof runs on. `aws-sm:NAME` or `aws-sm:NAME#KEY` (one field of a JSON secret) and `aws-ssm:/PATH` are AWS's
  Secrets Manager and parameter store. `vault:MOUNT/PATH#KEY` is the KV engine of Vault or OpenBao,
  `vault-db:MOUNT/ROLE` a role of its database engine, of which only the rotation is looked at.
  `k8s:NAMESPACE/NAME#KEY` is asked by `kubectl`, `docker:NAME` lies in `/run/secrets`, and `django:SETTING` is known
  by its fingerprint alone.
- Paths are relative to the directory of the system file.
- `environment` on a table is `"production"` if left out, or the only declared environment.
- What a file asks prodproof to run, to resolve or to send beyond a visitor's requests needs trust, which is recorded
  outside of the repository: `prodproof trust`.

Editors that understand `#:schema` (Even Better TOML, Taplo) complete the file: `prodproof init` puts the schema where
its first line says, `prodproof schema` prints it. A complete example is
[the demo shop's](../src/prodproof/range/harbour/prodproof.toml).
"""


def reference_text() -> str:
    """Markdown of the whole page."""
    schema = json_schema()
    tables = {name: _table(schema["properties"][name], schema) for name in (*ARRAYS, *SINGLES)}
    top = {name: item for name, item in schema["properties"].items() if name not in tables}
    parts = [_INTRO, "## Top of the file\n\n" + _fields(top, schema, schema.get("required", []))]
    for name, table in sorted(tables.items(), key=lambda item: list(schema["properties"]).index(item[0])):
        header = f"[[{name}]]" if name in ARRAYS else f"[{name}]"
        parts.append(f"## `{header}`\n\n{table['description']}\n\n" + _table_text(table, schema))
        for field, item in table["properties"].items():
            nested = _nested(item, schema)
            if nested is not None:
                single = "items" not in item
                head = f"[{name}.{field}]" if single else f"{name}.{field}"
                head = f"[[{name}.{field}]]" if field in ("scenario", "service") else head
                parts.append(f"### `{head}`\n\n{nested['description']}\n\n" + _table_text(nested, schema))
    return "\n".join(parts)


def _table_text(table: dict[str, Any], schema: dict[str, Any]) -> str:
    return _fields(table["properties"], schema, table.get("required", []))


def _fields(fields: dict[str, Any], schema: dict[str, Any], required: list[str]) -> str:
    lines = ["| key | value | meaning |", "| --- | --- | --- |"]
    for name, item in fields.items():
        needed = "**needed**, " if name in required else ""
        meaning = item.get("description", "").replace("|", "\\|")
        lines.append(f"| `{name}` | {needed}{_kind(item, schema)}{_default(item)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(item: dict[str, Any]) -> str:
    default = item.get("default")
    if default in (None, "", [], {}):
        return ""
    if isinstance(default, bool):
        return f"; `{str(default).lower()}` if left out"
    if isinstance(default, list):
        return "; " + ", ".join(f"`{each}`" for each in default) + " if left out"
    return f"; `{default}` if left out"


def _kind(item: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in item:
        return "table"
    if "anyOf" in item:
        return " or ".join(_kind(each, schema) for each in item["anyOf"] if each.get("type") != "null")
    if "const" in item:
        return f"`{item['const']}`"
    if "enum" in item:
        return " or ".join(f"`{value}`" for value in item["enum"])
    kind = item.get("type")
    if kind == "array":
        return f"list of {_kind(item['items'], schema)}"
    if kind == "object":
        return "table of text by name"
    if kind == "string":
        if item.get("examples") == ["4h", "5m", "90d"]:
            return "duration"
        if item.get("format") == "date":
            return "date"
        if item.get("format") == "uri":
            return "URL"
        return "reference" if re.match(r"\^\(env:", item.get("pattern", "")) else "text"
    return {"boolean": "true or false", "integer": "number", "number": "number"}[str(kind)]


def _nested(item: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    inner = item.get("items", {})
    for each in (item, inner, *inner.get("anyOf", []), *item.get("anyOf", [])):
        if "$ref" in each:
            return _resolved(each, schema)
    return None


def _table(item: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    return _resolved(item.get("items", item), schema)


def _resolved(item: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schema["$defs"][item["$ref"].rpartition("/")[2]]
    return found

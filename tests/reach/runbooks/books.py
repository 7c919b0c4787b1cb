"""A runbook for tests, and the repository that it lies in."""

from pathlib import Path

BOOK = """\
# Close the shop

Read [the map](map.md) and [what to say](map.md#what-to-say) first.

## Stop the writers

```sh step=stop-writers time=1m objective=20s
touch stopped
```

```sh check=stop-writers
test -e stopped
```

```sh undo=stop-writers
rm -f stopped
```

An example that nobody runs:

```sh
rm -rf everything
```

## Tell them

```person step=tell time=15m whom=on-call
Say in the channel
that the shop is closed.
```

## Count

```bash step=count looks
ls | wc -l
```
"""


def book(tmp_path: Path, text: str = BOOK) -> Path:
    (tmp_path / "docs").mkdir(exist_ok=True)
    (tmp_path / "docs" / "close.md").write_text(text)
    (tmp_path / "docs" / "map.md").write_text("# Map\n\n## What to say\n\nSorry.\n")
    return tmp_path


def block(info: str, script: str = "true") -> str:
    return f"```{info}\n{script}\n```\n"

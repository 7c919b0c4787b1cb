"""Steps below headings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.reach.files.runbooks import slug, steps

BOOK = """\
# Database

- [Down](#down)

## Down

1. Look.
2. Fail over:

   ```sh
   make failover
   ```

### Afterwards

- Tell support.

## Disk filling

TODO

## Slow `queries`

- [ ] TODO
"""


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [("", 4), ("down", 4), ("afterwards", 1), ("disk-filling", 0), ("slow-queries", 0), ("gone", None)],
)
def test_markdown(anchor: str, expected: int | None) -> None:
    assert steps(BOOK, anchor) == expected


def test_restructured_text_and_explicit_anchors() -> None:
    text = "Database\n========\n\nDown\n----\n\n#. Look\n#. Fail over\n\nOther\n-----\n\nnothing\n"
    assert (steps(text, "down"), steps(text, "other")) == (2, 0)
    assert steps('<a id="down"></a>\n\n1. Look\n', "down") == 1


def test_slugs_are_those_of_forges() -> None:
    assert slug("Disk filling: `what` to do?") == "disk-filling-what-to-do"


@given(st.text(max_size=200), st.text(max_size=20))
def test_no_document_is_too_strange(text: str, anchor: str) -> None:
    found = steps(text, anchor)
    assert found is None or found >= 0

"""Templates of any shape are read in one pass."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.probes._templates import unescaped


def calls(text: str) -> list[str]:
    return [item.call for item in unescaped("templates/a.html", text, {})]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>{{ a|safe }}", ["{{ a|safe }}"]),
        ("<p>{{ a|default:'|'|safe }}", ["{{ a|default|safe }}"]),
        ("<p>{{ a }}", []),
        ("<p>{# {{ a|safe }} #}{{ b|safe }}", ["{{ b|safe }}"]),
        ("<p>{% comment %}{{ a|safe }}{% endcomment %}{{ b|safe }}", ["{{ b|safe }}"]),
        ("<p>{%- raw -%}{{ a|safe }}{%- endraw -%}{{ b|safe }}", ["{{ b|safe }}"]),
        ("<p>{% verbatim %}{{ a|safe }}", ["{{ a|safe }}"]),
        ("<p>{% autoescape off %}{{ a }}{% endautoescape %}{{ b }}", ["{{ a }} with autoescape off"]),
        ("<p>{{ a {% {# {{ b|safe }}", []),
        ("<p>{% {{ b|safe }}", ["{{ b|safe }}"]),
        ("<p>{{ | }}{{ }}{{ b|safe }}", ["{{ b|safe }}"]),
    ],
)
def test_what_is_printed_as_it_is(text: str, found: list[str]) -> None:
    assert calls(text) == found


def test_lines_are_counted_past_verbatim_blocks() -> None:
    (finding,) = unescaped("a.html", "<p>\n{% raw %}\n\n{% endraw %}\n{{ a|safe }}", {})
    assert finding.location is not None and finding.location.line == 5


@given(
    st.lists(
        st.sampled_from(
            ["{{", "}}", "{%", "%}", "{#", "#}", "a", "|", "safe", "raw", "endraw", "'", '"', " ", "-", "\n"]
        )
    )
)
def test_any_template_is_read(parts: list[str]) -> None:
    assert isinstance(unescaped("a.html", "".join(parts), {}), list)


@pytest.mark.parametrize(
    "token", ["{{", "{% ", "{#", "{{ a|", "{% raw %}", "{% comment %}", "{{{", "{{ a.", "{{ '", "{%-"]
)
def test_what_never_ends_is_looked_through_once(token: str) -> None:
    text = "<p>" + token * (1_000_000 // len(token))
    assert unescaped("a.html", text, {}) == unescaped("a.html", text + " }} %}", {}) == []

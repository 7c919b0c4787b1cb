"""Command substitutions, taken out of scripts."""

import pytest

from prodproof.reach.runbooks.lifted import IN_PLACE, lifted


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ("ls", [(0, "ls")]),
        ('test "$(psql -c "SELECT 1 FROM x")" = 1', [(0, f'test "{IN_PLACE}" = 1'), (0, 'psql -c "SELECT 1 FROM x"')]),
        ("a=$(b $(c))\nd $(e)", [(0, f"a={IN_PLACE}\nd {IN_PLACE}"), (0, f"b {IN_PLACE}"), (0, "c"), (1, "e")]),
        ("echo '$(no)' \\$(no", [(0, "echo '$(no)' \\$(no")]),
        ("# don't $(no)\nls $(b)", [(0, f"# don't $(no)\nls {IN_PLACE}"), (1, "b")]),
        ("cat <<'EOT'\nit's $(no)", [(0, "cat <<'EOT'\nit's $(no)")]),
        ("cat <<EOT\nit's $(no)\nEOT\nls $(b)", [(0, f"cat <<EOT\nit's $(no)\nEOT\nls {IN_PLACE}"), (3, "b")]),
        ("echo $((1 + 2)) $(b)", [(0, f"echo $((1 + 2)) {IN_PLACE}"), (0, "b")]),
        ("a $(b\nc) d\ne", [(0, f"a {IN_PLACE}\\\n d\ne"), (0, "b\nc")]),
        ("a $(b ')' \"(\" \\) (c)) d", [(0, f"a {IN_PLACE} d"), (0, "b ')' \"(\" \\) (c)")]),
        ('echo "it\'s $(b)"', [(0, f'echo "it\'s {IN_PLACE}"'), (0, "b")]),
        ("a $(b", [(0, "a $(b")]),
    ],
)
def test_substitutions_are_scripts_of_their_own(script: str, parts: list[tuple[int, str]]) -> None:
    assert list(lifted(script)) == parts


def test_what_lies_too_deep_is_left() -> None:
    assert len(lifted("a $(" * 200 + "b" + ")" * 200)) < 30


@pytest.mark.parametrize("text", ["$(", "$(a", "<<A\n", '"', "'", "$(a)", "(", '"$(', "\\", "#'\n"])
def test_hostile_scripts_take_no_time_to_speak_of(text: str) -> None:
    assert lifted(text * 20_000)
    assert lifted(text * 200_000)

"""nginx files as trees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Unseen
from prodproof.reach.files.nginx import Directive, read_nginx


def tree(text: str) -> Directive:
    root = read_nginx(text)
    assert isinstance(root, Directive)
    return root


def test_blocks_arguments_and_lines() -> None:
    root = tree("# a site\nserver {\n  listen 80;\n  location ~ \\.php$ { deny all; }\n}\n")
    assert [(one.name, one.arguments, one.line) for one in root.walk()] == [
        ("server", (), 2),
        ("listen", ("80",), 3),
        ("location", ("~", "\\.php$"), 4),
        ("deny", ("all",), 4),
    ]
    assert [block.name for block in list(root.walk())[3].parents()] == ["location", "server", ""]


def test_quotes_variables_and_lua() -> None:
    root = tree('set $x "a b;{";\nset $y ${x}z;\ncontent_by_lua_block { if x then { y = "}" } end }\nreturn 204;')
    assert [(one.name, one.arguments) for one in root.walk()] == [
        ("set", ("$x", "a b;{")),
        ("set", ("$y", "${x}z")),
        ("content_by_lua_block", ()),
        ("return", ("204",)),
    ]


@pytest.mark.parametrize("text", ["server {", "}", "listen 80", 'a "b', "{}", "a { " * 100, "x ${y"])
def test_what_is_no_configuration(text: str) -> None:
    assert isinstance(read_nginx(text), Unseen)


@given(st.text(alphabet="a ;{}\"'\\$#\n_by_lua_block", max_size=150))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(read_nginx(text), Directive | Unseen)

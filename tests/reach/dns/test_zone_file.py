"""Zone files and lists of names, good and hostile."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.reach.dns.zone_file import ListedName, names_of_list, names_of_zone_file, read_bounded

GOOD = """\
$ORIGIN shop.example.
$TTL 1h
@ IN SOA ns1 hostmaster ( 1 3600 600 86400 60 ) ; comment
  IN NS ns1.dns.example.
www IN CNAME @
*.dev 300 IN A 192.0.2.4
$GENERATE 1-3 node$ A 192.0.2.$
"""


def test_a_zone_file() -> None:
    names = names_of_zone_file(GOOD, "shop.example")
    assert not isinstance(names, Unseen)
    assert names["shop.example"] == ListedName(frozenset({"SOA", "NS"}), ("ns1.dns.example",))
    assert names["www.shop.example"].kinds == {"CNAME"}
    assert {"*.dev.shop.example", "node1.shop.example", "node3.shop.example"} <= set(names)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + "$INCLUDE /etc/passwd\n", "$INCLUDE"),
        (GOOD + "  $include other.zone\n", "$INCLUDE"),
        (GOOD + "$GENERATE 1-99999999 n$ A 192.0.2.1\n", "generates"),
        (GOOD + "$GENERATE 0-99999999999999999999 n$ A 192.0.2.1\n", "generates"),
        ("www IN A 300.1.1.1\n", "cannot be read"),
        ("\x00\x01\xff binary", "cannot be read"),
        ("".join(f"n{number} 60 IN A 192.0.2.1\n" for number in range(5001)), "5000"),
    ],
)
def test_zone_files_that_are_refused(text: str, says: str) -> None:
    names = names_of_zone_file(text, "shop.example")
    assert isinstance(names, Unseen)
    assert says in names.detail
    assert "passwd" not in names.detail


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_text_as_a_zone_file(text: str) -> None:
    names = names_of_zone_file(text, "shop.example")
    assert isinstance(names, Unseen | dict)


def test_a_list_of_names() -> None:
    names = names_of_list("# ours\n@\nwww\nstaging.shop.example.  # test\n\n*.dev\nwww\n", "shop.example")
    assert names == ("shop.example", "www.shop.example", "staging.shop.example", "*.dev.shop.example")


@pytest.mark.parametrize("text", ["www.other.example", "a b", "-x-/etc", "a..b.shop.example", "x" * 300])
def test_lists_that_are_refused(text: str) -> None:
    assert isinstance(names_of_list(text, "shop.example"), Unseen)


@given(st.text(max_size=100))
def test_any_text_as_a_list(text: str) -> None:
    names = names_of_list(text, "shop.example")
    assert isinstance(names, Unseen) or all(name.endswith("shop.example") for name in names)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").touch()
    os.truncate(tmp_path / "large", 9 * 1024 * 1024)
    for name, reason in (
        ("absent", Reason.NOT_CONFIGURED),
        ("pipe", Reason.INCOMPLETE),
        ("large", Reason.INCOMPLETE),
        (".", Reason.INCOMPLETE),
    ):
        answer = read_bounded(tmp_path / name)
        assert isinstance(answer, Unseen), name
        assert answer.why is reason, name

"""YAML with lines: right values, and nothing that a document could exhaust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodproof.facts import Reason, Unseen
from prodproof.reach.files.placed import PlacedMap, read_documents, walk


def one(text: str) -> PlacedMap:
    documents = read_documents(text)
    assert isinstance(documents, list)
    assert isinstance(documents[0], PlacedMap)
    return documents[0]


def test_values_and_lines() -> None:
    found = one("a: 1\nb: yes\nc: '2'\nd: [x, ~]\ne:\n  f: 0755\n")
    assert dict(found) == {"a": 1, "b": True, "c": "2", "d": ["x", None], "e": {"f": "0755"}}
    assert (found.at("c"), found.map("e").at("f")) == (3, 6)


def test_merge_keys_and_aliases() -> None:
    found = one("base: &base {user: root, tty: true}\nweb:\n  <<: *base\n  user: shop\n")
    assert found.map("web") == {"user": "shop", "tty": True}


def test_several_documents_and_unknown_tags() -> None:
    documents = read_documents("a: !Sub 'x${y}'\n---\n- 1\n---\n")
    assert documents == [{"a": "x${y}"}, [1], None]


def test_json_is_read_too() -> None:
    assert one('{"kind": "Pod", "n": [1, true]}') == {"kind": "Pod", "n": [1, True]}
    assert one('{\n\t"kind": "\\ud83d\\ude00",\n\t"n": {"m": 1.5}\n}').map("n") == {"m": "1.5"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [", "is not YAML"),
        ("a: {{ .Values.x }}\nb: {{ y }}: z", "template"),
        ("[" * 100_000, "nested deeper"),
        ("a: *nobody", "alias"),
        ("a: &a [*a]", "alias"),
        ("\x00", "not YAML"),
        ("? " * 500, "nested deeper"),
    ],
)
def test_what_cannot_be_read_says_why(text: str, says: str) -> None:
    answer = read_documents(text)
    assert isinstance(answer, Unseen)
    assert answer.why is Reason.INCOMPLETE
    assert says in answer.detail


def test_a_bomb_of_aliases_is_walked_within_bounds() -> None:
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30))
    assert len(list(walk(one(text)))) == 1


@given(st.text(max_size=300))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(read_documents(text), list | Unseen)


@given(st.text(alphabet="a: -[]{}&*!?|>'\"\n#,%", max_size=120))
def test_no_yaml_is_too_strange(text: str) -> None:
    assert isinstance(read_documents(text), list | Unseen)

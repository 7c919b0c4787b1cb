"""Whatever lies where a system file should: one clear line, no traceback, bounded time."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prodproof.facts.declared import Declared
from prodproof.system.checks import check
from prodproof.system.errors import MAX_SHOWN, SystemFileError, UserError
from prodproof.system.load import declare, find_system_file, load
from prodproof.system.merged import read
from prodproof.system.schema import ARRAYS, SINGLES, SystemTables
from prodproof.system.source import MAX_BYTES

HEAD = b'version = 1\nname = "shop"\n'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"# only a comment\n", "holds nothing but comments"),
        (b"\x7fELF\x00\x00\x01", "is a binary file"),
        (HEAD + b'x = "\xff\xfe"\n', "3: is not UTF-8"),
        ('version = 1\nname = "shop"\n'.encode("utf-16"), "is a binary file"),
        (b"#" * (MAX_BYTES + 1), "is larger than 1024 KB"),
        (HEAD + b'[[entry_point]]\nurl = "https://shop.exam', "is no TOML"),
        (HEAD + b"x = " + b"[" * 200_000, "is nested too deeply"),
        (HEAD + b"x = " + b"{a=" * 100_000, "is nested too deeply"),
        (HEAD + b"a." * 200_000 + b"b = 1\n", "3: a key of more than 32 parts"),
        (HEAD + b"[" + b"a." * 200_000 + b"b]\n", "3: a key of more than 32 parts"),
        (HEAD + b'"a"."b"' * 20_000 + b" = 1\n", "3: a key of more than 32 parts"),
        (HEAD + b"x = 0x" + b"f" * 900_000 + b"\n", "x"),
        (HEAD + b"x = 1e999999999\n", "unknown key"),
        (HEAD + b"[[host]]\nname = '\x1b[31mred'\n", "is no TOML"),
        (HEAD + b'[[host]]\nname = "\\u001b[31mred"\n', "\\x1b[31mred"),
    ],
)
def test_bad_content_is_one_clear_line(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "prodproof.toml"
    file.write_bytes(content)
    with pytest.raises(SystemFileError) as caught:
        load(file)
    assert said in str(caught.value)
    assert len(caught.value.messages) == 1
    assert len(caught.value.messages[0]) < 600
    assert "\x1b" not in caught.value.messages[0]


def test_what_is_no_file_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder" / "prodproof.toml").mkdir(parents=True)
    expected = {
        "loop": "is a loop of links",
        "pipe": "is not a regular file",
        "folder": "folder/prodproof.toml: is a directory, not a file",
        "folder/prodproof.toml": "is a directory, not a file",
        "nothing": "does not exist; prodproof init writes one",
        "x" * 300: "cannot be read: File name too long",
    }
    for name, said in expected.items():
        with pytest.raises(SystemFileError) as caught:
            load(tmp_path / name)
        assert said in str(caught.value)
        assert len(caught.value.messages) == 1
    with pytest.raises(SystemFileError, match="is not a regular file"):
        load(Path("/dev/null"))
    with pytest.raises(UserError, match="cannot be read"):
        find_system_file(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_one_clear_line(tmp_path: Path) -> None:
    file = tmp_path / "prodproof.toml"
    file.write_bytes(HEAD)
    file.chmod(0)
    with pytest.raises(SystemFileError, match="may not be read"):
        load(file)


def test_many_large_tables_stay_bounded(tmp_path: Path) -> None:
    file = tmp_path / "prodproof.toml"
    file.write_bytes(HEAD + b'[[host]]\nname = "a b"\nzzz = 1\n' * 30_000)
    with pytest.raises(SystemFileError) as caught:
        load(file)
    assert len(caught.value.messages) == MAX_SHOWN + 1


def outcome(directory: Path, content: bytes) -> Declared | None:
    """Load, and check that a refusal is bounded and printable."""
    file = directory / "prodproof.toml"
    file.write_bytes(content)
    try:
        found = read(file)
        check(found)
        return declare(found)
    except UserError as error:
        messages = error.messages
    assert 1 <= len(messages) <= MAX_SHOWN + 1
    assert all(line.isprintable() and len(line) < 1500 for line in messages), messages
    return None


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_loaded(tmp_path: Path, content: bytes) -> None:
    outcome(tmp_path, content)
    assert outcome(tmp_path, HEAD).__class__ is Declared


_WORDS = st.sampled_from(
    [*ARRAYS, *SINGLES, "name", "url", "ports", "owner", "rto", "until", "version", "include", "x", "scenario", "id"]
)
_VALUES = st.recursive(
    st.one_of(
        st.text(max_size=12).map(lambda text: '"' + text.encode("unicode_escape").decode().replace('"', "'") + '"'),
        st.sampled_from(["1", "-0", "443", "true", "1.5", "nan", "2027-01-31", "07:32:00", "1979-05-27T07:32:00Z"]),
        st.sampled_from(['"4h"', '"https://a.example"', '"env:X"', '"a.example"', '"production"', '""', "'''\n'''"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.tuples(_WORDS, inner).map(lambda item: "{ " + item[0] + " = " + item[1] + " }"),
    ),
    max_leaves=4,
)
_LINES = st.one_of(
    st.tuples(_WORDS, _VALUES).map(" = ".join),
    _WORDS.map(lambda word: f"[[{word}]]"),
    _WORDS.map(lambda word: f"[{word}]"),
    st.tuples(_WORDS, _WORDS).map(lambda words: f"[[{words[0]}.{words[1]}]]"),
    st.text(max_size=20),
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_LINES, max_size=14), st.sampled_from([0, 1]))
def test_any_toml_is_refused_or_loaded(tmp_path: Path, lines: list[str], version: int) -> None:
    text = f'version = {version}\nname = "shop"\n' + "\n".join(lines)
    declared = outcome(tmp_path, text.encode("utf-8", "replace"))
    assert declared is None or declared.system


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.sampled_from(sorted(ARRAYS)), st.data())
def test_any_values_in_known_keys_are_refused_or_loaded(tmp_path: Path, table: str, data: st.DataObject) -> None:
    known = SystemTables.model_fields[table].annotation.__args__[0].model_fields  # type: ignore[union-attr]  # list
    lines = [f"{key} = {data.draw(_VALUES)}" for key in known]
    declared = outcome(tmp_path, HEAD + f"[[{table}]]\n".encode() + "\n".join(lines).encode("utf-8", "replace"))
    assert declared is None or declared.system == "shop"

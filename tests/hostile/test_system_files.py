"""A system file or a target that is nothing of the kind: exit code 2, and what is wrong in a line, for each command."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.command import check_manners, prodproof
from tests.hostile.repositories import HOSTILE_TEXT, MEGABYTE

WHOLE = b'version = 1\nname = "shop"\n\n[[entry_point]]\nurl = "https://shop.example"\npurpose = "the shop"\n'


def holding(content: bytes) -> Callable[[Path], None]:
    def write(file: Path) -> None:
        file.write_bytes(content)

    return write


def sparse(file: Path) -> None:
    file.touch()
    os.truncate(file, 5 * 1024 * MEGABYTE)


BAD = [
    pytest.param(holding(b""), id="empty"),
    pytest.param(holding(bytes(range(256)) * 40), id="binary"),
    pytest.param(sparse, id="5 GB"),
    pytest.param(holding(WHOLE[:-9]), id="half-written"),
    pytest.param(holding(WHOLE + b"\n".join(b"key%d = %d" % (n, n) for n in range(5_000))), id="unknown keys"),
    pytest.param(holding(WHOLE.decode().encode("utf-16")), id="UTF-16"),
    pytest.param(holding(b"a = " + b"[" * MEGABYTE), id="deep arrays"),
    pytest.param(holding(b"a = " + b"{a = " * 100_000), id="deep tables"),
    pytest.param(holding(b"[" + b".".join([b"a"] * 200_000) + b"]"), id="a key without end"),
    pytest.param(holding(b"version = " + b"9" * 100_000), id="a number without end"),
    pytest.param(holding(b'name = "' + b"a" * (4 * MEGABYTE)), id="a string without end"),
    pytest.param(holding(b"version = 1\n" + b'[[x]]\ny = "\\u001b[31m"\n' * 20_000), id="many tables"),
    pytest.param(holding(b'version = 1\nname = "x"\n"\\u001b]0;owned\\u0007" = 1\n'), id="an escape as a key"),
    pytest.param(holding(b"\n" * MEGABYTE + b"="), id="line feeds"),
    pytest.param(lambda file: os.mkfifo(file), id="a pipe"),
    pytest.param(lambda file: file.mkdir(), id="a directory"),
    pytest.param(lambda file: file.symlink_to("/dev/zero"), id="a device"),
    pytest.param(lambda file: file.symlink_to(file.name), id="a link to itself"),
]


@pytest.mark.parametrize("make", BAD)
def test_a_bad_system_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    place = tmp_path / "shop"
    place.mkdir()
    make(place / "prodproof.toml")
    ran = prodproof("verify", place, home=tmp_path / "home")
    check_manners(ran)
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.splitlines()
    assert 1 <= len(lines) <= 30 and "prodproof.toml" in lines[0]
    assert all(len(line) < 600 for line in lines)


@pytest.mark.parametrize("command", ["gate", "doctor", "trust"])
@pytest.mark.parametrize("make", [BAD[1], BAD[2], BAD[4]])
def test_other_commands_say_the_same(tmp_path: Path, make: Callable[[Path], None], command: str) -> None:
    make(tmp_path / "prodproof.toml")
    ran = prodproof(command, tmp_path / "prodproof.toml", home=tmp_path / "home")
    check_manners(ran)
    assert ran.code == 2 and "prodproof.toml" in ran.err and ran.out == ""


def test_what_is_no_target(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "photo.jpg").write_bytes(bytes(range(256)))
    targets = ("pipe", "loop", "photo.jpg", "/dev/zero", "/dev/null", "none", "a\nb", HOSTILE_TEXT, "x" * 5000)
    asked = [("verify", target) for target in targets] + [("gate", "pipe"), ("init", "pipe"), ("init", HOSTILE_TEXT)]
    for command, target in asked:
        ran = prodproof(command, target, home=tmp_path / "home", cwd=tmp_path)
        check_manners(ran)
        assert ran.code == 2 and len(ran.err.splitlines()) == 1, (command, target[:40], ran.err)

"""`prodproof trace` as somebody types it: on real repositories and folders, with values that are never shown."""

import base64
import gzip
import json
import os
import secrets
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Command, Ran

TODAY = "2099-01-01"


@pytest.fixture
def value(monkeypatch: pytest.MonkeyPatch) -> str:
    """A secret, in the environment as `SHOP_KEY`."""
    made = secrets.token_urlsafe(24)
    monkeypatch.setenv("SHOP_KEY", made)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    made = tmp_path / "work"
    made.mkdir()
    monkeypatch.chdir(made)
    return made


def git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Ana", "-c", "user.email=ana@shop.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def answer(ran: Ran, value: str = "") -> Any:
    assert not value or value not in ran.out + ran.err
    return json.loads(ran.out)


def test_a_value_that_was_committed_and_removed(prodproof: Command, folder: Path, value: str) -> None:
    git(folder, "init", "--quiet")
    (folder / "settings.py").write_text(f"# shop\nKEY = '{value}'\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "settings")
    (folder / "settings.py").write_text("KEY = os.environ['KEY']\n")
    git(folder, "commit", "--quiet", "-am", "from the environment")
    ran = prodproof("trace", "--value", "env:SHOP_KEY", "--in", "git:.", "--format", "json")
    assert ran.code == 1
    (found,) = answer(ran, value)["findings"]
    first = subprocess.run(["git", "rev-list", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    assert found["commit"] == first.stdout.split()[-1]
    assert (found["place"], found["path"], found["line"]) == ("git:.", "settings.py", 2)
    assert (found["kind"], found["rule"], found["encoding"]) == ("env:SHOP_KEY", "value", "plain")
    again = prodproof("trace", "--value", "env:SHOP_KEY", "--in", "git:.", "--format", "json")
    assert answer(again)["findings"] == [found] and answer(again)["bytes_read"] < 200


def test_encoded_in_a_rotated_log(prodproof: Command, folder: Path, value: str) -> None:
    encoded = base64.b64encode(f"shop:{value}".encode()).decode()
    (folder / "access.log.2.gz").write_bytes(gzip.compress(f"GET / Authorization: Basic {encoded}\n".encode()))
    ran = prodproof("trace", "--value", "env:SHOP_KEY", "--in", folder, "--format", "json")
    assert ran.code == 1
    (found,) = answer(ran, value)["findings"]
    assert found["path"] == "access.log.2.gz" and found["encoding"].startswith("base64")
    text = prodproof("trace", "--value", "env:SHOP_KEY", "--in", folder)
    assert text.code == 1 and value not in text.out and encoded not in text.out
    assert "access.log.2.gz" in text.out and "1 found" in text.out


def test_values_as_they_are_only(prodproof: Command, folder: Path, value: str) -> None:
    git(folder, "init", "--quiet")
    (folder / "plain.txt").write_text(f"key={value}\n")
    (folder / "encoded.txt").write_text(base64.b64encode(value.encode()).decode() + "\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "both")
    search = ("trace", "--value", "env:SHOP_KEY", "--in", "git:.", "--format", "json")
    only = answer(prodproof(*search, "--as-is"), value)
    assert [found["path"] for found in only["findings"]] == ["plain.txt"]
    assert any("in no encoding" in line for line in only["left_out"])
    # What was clean in that search is not taken for clean in this one.
    every = answer(prodproof(*search), value)
    assert {found["path"] for found in every["findings"]} == {"plain.txt", "encoded.txt"}


def test_what_is_shown_beside_a_value_is_hidden_in_every_encoding(
    prodproof: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2!x")
    hidden = ["".join(f"%{byte:02x}" for byte in b"hunter2!x"), base64.b64encode(b"hunter2!x").decode()]
    (folder / "a.log").write_text(f"login hunter2!x as {hidden[0]} or {hidden[1]} done\n")
    for more in ((), ("--as-is",)):
        ran = prodproof("trace", "--value", "env:PASSWORD", "--in", ".", "--format", "json", *more)
        assert ran.code == 1 and "done" in ran.out
        assert not any(text in ran.out for text in ("hunter2!x", *hidden))


def test_many_values_from_a_file_and_from_a_descriptor(prodproof: Command, folder: Path) -> None:
    values = [secrets.token_hex(16) for _ in range(1000)]
    (folder.parent / "values").write_text("\n".join(values) + "\n\n")
    (folder / "dump.sql").write_text(f"INSERT INTO a VALUES ('{values[7]}', '{values[999]}');\n")
    ran = prodproof("trace", "--values", f"file:{folder.parent / 'values'}", "--in", ".", "--format", "json")
    kinds = [item["kind"].partition(" of ")[0] for item in answer(ran)["findings"]]
    assert kinds == ["line 8", "line 1000"]
    read, write = os.pipe()
    os.write(write, f"{values[7]}\n".encode())
    os.close(write)
    ran = prodproof("trace", "--value", f"fd:{read}", "--in", ".", "--format", "json")
    assert [item["kind"] for item in answer(ran)["findings"]] == [f"fd:{read}"]


def test_nothing_is_found(prodproof: Command, folder: Path, value: str) -> None:
    (folder / "a.log").write_text("nothing of that kind\n")
    ran = prodproof("trace", "--value", "env:SHOP_KEY", "--in", ".")
    assert ran.code == 0
    assert ran.out.startswith("nothing found in ") and "no proof" not in ran.out


def test_nothing_is_found_where_a_part_could_not_be_read(prodproof: Command, folder: Path, value: str) -> None:
    whole = gzip.compress(secrets.token_bytes(50_000))
    (folder / "a.log.gz").write_bytes(whole[: len(whole) // 2])
    ran = prodproof("trace", "--value", "env:SHOP_KEY", "--in", ".")
    assert ran.code == 3
    assert "a.log.gz" in ran.out and "no proof of absence" in ran.out
    as_json = answer(prodproof("trace", "--value", "env:SHOP_KEY", "--in", ".", "--format", "json"))
    assert as_json["findings"] == []
    assert as_json["incomplete"][0]["path"] == "a.log.gz" and as_json["incomplete"][0]["reason"] == "incomplete"


def test_a_mail_address_in_another_case(prodproof: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHO", "ana.lopez@shop.example")
    (folder / "mail.log").write_text("to=<Ana.Lopez@SHOP.example>\n")
    assert prodproof("trace", "--value", "env:WHO", "--in", ".").code == 1


def test_patterns_in_files(prodproof: Command, folder: Path) -> None:
    key = "sk_live_" + secrets.token_hex(12)
    (folder / "pay.py").write_text(f'stripe.api_key = "{key}"\n')
    (folder / "README.md").write_text('Set `STRIPE_KEY="sk_live_xxxxxxxxxxxxxxxxxxxxxxxx"`.\n')
    ran = prodproof("trace", "--patterns", "--format", "json")
    assert ran.code == 1
    (found,) = answer(ran, key)["findings"]
    assert (found["path"], found["line"]) == ("pay.py", 1)
    assert "stripe" in found["rule"]


def test_what_is_staged(prodproof: Command, folder: Path) -> None:
    git(folder, "init", "--quiet")
    key = "sk_live_" + secrets.token_hex(12)
    (folder / "old.py").write_text(f'KEY = "{key}"\n')
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "it was there before")
    (folder / "old.py").write_text(f'# moved\nKEY = "{key}"\n')
    git(folder, "add", ".")
    assert prodproof("trace", "--patterns", "--staged").code == 0
    new = "sk_live_" + secrets.token_hex(12)
    (folder / "new.py").write_text(f'KEY = "{new}"\n')
    assert prodproof("trace", "--patterns", "--staged").code == 0, "it is not staged yet"
    git(folder, "add", ".")
    ran = prodproof("trace", "--patterns", "--staged")
    assert ran.code == 1 and "new.py:1" in ran.out and "old.py" not in ran.out and new not in ran.out


def test_rules_and_allowed_findings_of_the_system_file(prodproof: Command, folder: Path) -> None:
    own = "QUAY" + secrets.token_hex(10)
    (folder / "a.cfg").write_text(f"token: {own}\n")
    system = (
        'version = 1\nname = "quay"\n[[person]]\nid = "ana"\n[[secret_rule]]\nid = "quay-token"\n'
        'what = "Quay token"\npattern = \'\\b(QUAY[0-9a-f]{20})\\b\'\nkeywords = ["QUAY"]\n'
    )
    (folder / "prodproof.toml").write_text(system)
    ran = prodproof("trace", "--patterns", "--in", ".", "--format", "json")
    (found,) = answer(ran, own)["findings"]
    assert (found["rule"], found["kind"]) == ("quay-token", "Quay token")
    allowed = f'[[secret_allowed]]\nfinding = "{found["id"]}"\nreason = "a sample"\nowner = "ana"\nuntil = {TODAY}\n'
    (folder / "prodproof.toml").write_text(system + allowed)
    assert prodproof("trace", "--patterns", "--in", "a.cfg").code == 0
    (folder / "prodproof.toml").write_text(system + allowed.replace(TODAY, "2020-01-01"))
    ended = prodproof("trace", "--patterns", "--in", "a.cfg")
    assert ended.code in (1, 2), "what was allowed until a day that has passed is found again"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "nothing to search for"),
        (("--value", "env:NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE is not set"),
        (("--value", "env:TINY"), "fewer than 6 bytes"),
        (("--value", "hunter2"), "--value"),
        (("--values", "file:missing"), "file:missing: no such file"),
        (("--values", "env:SHOP_KEY"), "write file:PATH or fd:N"),
        (("--value", "env:SHOP_KEY", "--in", "missing"), "missing: does not exist"),
        (("--value", "env:SHOP_KEY", "--in", "mongo:shop"), "no such kind of place"),
        (("--value", "env:SHOP_KEY", "--in", "git:."), "no git repository"),
        (("--value", "env:SHOP_KEY", "--in", "postgres:main"), "no such data store"),
        (("--value", "env:SHOP_KEY", "--in", "process:all"), "process:PID"),
        (("--patterns", "--staged", "--in", "."), "leave --in out"),
        (("--patterns", "--as-is"), "name --value REF or --values REF"),
        (("--patterns", "--format", "yaml"), "text and json"),
    ],
)
def test_wrong_use_is_one_clear_line(
    prodproof: Command, folder: Path, value: str, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], says: str
) -> None:
    monkeypatch.setenv("TINY", "12345")
    ran = prodproof("trace", *arguments)
    assert ran.code == 2
    assert says in ran.err and len(ran.err.splitlines()) == 1
    assert value not in ran.err and "12345" not in ran.err and ran.out == ""

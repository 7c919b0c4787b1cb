"""Trust is kept outside the repository, for one directory, and for what its file then asked for."""

import json
import os
from pathlib import Path

import pytest

from prodproof.system.errors import UserError
from prodproof.system.merged import SystemFile, read
from prodproof.system.trust import TrustStore, asks

FILE = """version = 1
name = "shop"

[[django]]
manage = ["python", "manage.py"]

[[secret]]
name = "key"
ref = "env:KEY"

[[host]]
name = "192.0.2.7"
"""


def shop(root: Path, text: str = FILE) -> SystemFile:
    root.mkdir(exist_ok=True)
    (root / "prodproof.toml").write_text(text)
    return read(root)


@pytest.fixture
def store(tmp_path: Path) -> TrustStore:
    return TrustStore({"XDG_CONFIG_HOME": str(tmp_path / "config")})


def test_nothing_is_trusted_until_it_is_granted(tmp_path: Path, store: TrustStore) -> None:
    file = shop(tmp_path / "shop")
    before = store.standing(file)
    assert not before.trusted
    assert not before.recorded
    assert [ask.what for ask in before.new] == ["contacts", "reads secret", "runs"]
    store.grant(file)
    assert store.standing(file).trusted
    assert store.directories() == (str((tmp_path / "shop").resolve()),)
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"manage.py"]', '"evil.py"]', "new or changed: runs          python evil.py"),
        ('manage = ["python"', 'settings = "other"\nmanage = ["python"', "settings other"),
        ("env:KEY", "file:../other/secret", "file:../other/secret"),
        ("192.0.2.7", "192.0.2.8", "new or changed: contacts      192.0.2.8"),
        ('name = "192.0.2.7"', 'name = "192.0.2.7"\nallow = ["port-scan"]', "port-scan to 192.0.2.7"),
        ("", '[[zone]]\nname = "a.example"\nnameserver = "192.0.2.53:53"\n', "192.0.2.53:53"),
        ("", '[[entry_point]]\nurl = "https://a.example"\nallow = ["errors"]\n', "errors to https://a.example"),
        ("", '[[entry_point]]\nurl = "https://a.example"\nlogin = "env:L"\n', "env:L, sent to https://a.example"),
        ("", '[[data_store]]\nname = "d"\nkind = "x"\ndsn = "env:D"\n', "env:D"),
        ("", '[[service]]\nname = "s"\nkind = "x"\ncredential = "env:C"\n', "env:C"),
        ("", '[advisories]\nsource = "osv"\n', "osv about the packages in use"),
    ],
)
def test_a_file_that_asks_for_more_needs_trust_again(
    tmp_path: Path, store: TrustStore, old: str, new: str, said: str
) -> None:
    store.grant(shop(tmp_path / "shop"))
    changed = shop(tmp_path / "shop", FILE.replace(old, new) if old else FILE + new)
    standing = store.standing(changed)
    assert not standing.trusted
    assert standing.recorded
    assert any(said in line for line in standing.lines), standing.lines
    store.grant(changed)
    assert store.standing(changed).trusted


def test_what_asks_for_nothing_new_stays_trusted(tmp_path: Path, store: TrustStore) -> None:
    store.grant(shop(tmp_path / "shop"))
    waiver = '[[waiver]]\nguarantee = "exposure.hsts"\nreason = "r"\nowner = "ana"\nuntil = 2027-01-01\n'
    assert store.standing(shop(tmp_path / "shop", "# a comment\n" + FILE + waiver)).trusted
    fewer = FILE.replace('[[secret]]\nname = "key"\nref = "env:KEY"\n', "")
    standing = store.standing(shop(tmp_path / "shop", fewer))
    assert standing.trusted
    assert standing.lines == ("no longer there: reads secret: secret key of production",)


def test_trust_does_not_travel_with_a_copy(tmp_path: Path, store: TrustStore) -> None:
    store.grant(shop(tmp_path / "shop"))
    assert not store.standing(shop(tmp_path / "copy")).recorded
    (tmp_path / "link").symlink_to(tmp_path / "shop")
    assert store.standing(read(tmp_path / "link")).trusted


def test_a_repository_cannot_carry_its_own_trust(tmp_path: Path) -> None:
    file = shop(tmp_path / "shop")
    inside = TrustStore({"XDG_CONFIG_HOME": str(tmp_path / "shop" / ".config")})
    with pytest.raises(UserError, match="lies in the directory that would be trusted"):
        inside.grant(file)
    outside = TrustStore({"XDG_CONFIG_HOME": str(tmp_path / "config")})
    outside.grant(file)
    inside.path.parent.mkdir(parents=True)
    inside.path.write_bytes(outside.path.read_bytes())
    inside.path.chmod(0o600)
    assert not inside.standing(file).trusted


def test_trust_is_taken_back(tmp_path: Path, store: TrustStore) -> None:
    file = shop(tmp_path / "shop")
    store.grant(file)
    assert store.remove(file.root)
    assert not store.remove(file.root)
    assert not store.standing(file).trusted


def test_no_value_is_kept_or_shown(tmp_path: Path, store: TrustStore) -> None:
    secret = "hunter2-Tr0ub4dor"
    text = FILE.replace('"manage.py"', f'"--password={secret}", "https://u:{secret}@a.example", "manage.py"')
    file = shop(tmp_path / "shop", text)
    assert secret not in "\n".join(map(str, asks(file)))
    store.grant(file)
    assert secret not in store.path.read_text()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{", '{"format": 1}', '{"format": 1, "trusted": {"/x": 7}}', '{"format": 9, "trusted": {}}', "\0"],
)
def test_a_damaged_record_is_no_trust(tmp_path: Path, store: TrustStore, content: str) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_text(content)
    store.path.chmod(0o600)
    with pytest.raises(UserError, match=r"trust\.json is (damaged|of another version); remove it"):
        store.standing(shop(tmp_path / "shop"))


def test_a_record_that_others_can_write_is_no_trust(tmp_path: Path, store: TrustStore) -> None:
    file = shop(tmp_path / "shop")
    store.grant(file)
    store.path.chmod(0o666)
    with pytest.raises(UserError, match="can be written by others"):
        store.standing(file)
    store.path.unlink()
    os.mkfifo(store.path, 0o600)
    with pytest.raises(UserError, match="is not a regular file"):
        store.standing(file)


@pytest.mark.parametrize("value", ["", "relative/path"])
def test_an_unusable_config_home_is_ignored(tmp_path: Path, value: str) -> None:
    store = TrustStore({"XDG_CONFIG_HOME": value, "HOME": str(tmp_path)})
    assert store.path == tmp_path / ".config" / "prodproof" / "trust.json"


def test_equal_requests_have_other_digests_elsewhere(tmp_path: Path, store: TrustStore) -> None:
    store.grant(shop(tmp_path / "one"))
    store.grant(shop(tmp_path / "two"))
    entries = json.loads(store.path.read_text())["trusted"].values()
    one, two = ({item["digest"] for item in entry["asks"]} for entry in entries)
    assert not one & two

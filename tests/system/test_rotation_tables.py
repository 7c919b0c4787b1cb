"""What a system file says about how a secret is rotated."""

from pathlib import Path

import pytest

from prodproof.facts.codec import decode, encode
from prodproof.facts.declared import Declared, Permission, RotationKind
from prodproof.system.errors import SystemFileError
from prodproof.system.load import load
from prodproof.system.merged import read
from prodproof.system.trust import asks

HEAD = 'version = 1\nname = "shop"\n[[secret]]\nname = "database"\nref = "file:login"\nallow = ["drills"]\n'
LOADED = 'load_url = "http://127.0.0.1:8000/"\n'
USERS = 'kind = "postgres"\nadmin = "env:ADMIN"\nusers = ["shop_a", "shop_b"]\n'
PROGRAMS = 'kind = "command"\ncreate = ["new"]\nretire = ["old"]\nattempt = ["try"]\nused = ["count"]\n'
VAULT = 'kind = "vault-database"\nadmin = "env:ADMIN"\n'


def written(folder: Path, text: str, head: str = HEAD) -> Path:
    (folder / "prodproof.toml").write_text(f"{head}[secret.rotation]\n{text}")
    return folder


def test_a_rotation_is_read(tmp_path: Path) -> None:
    text = USERS + LOADED + 'owner_role = "shop_owner"\npick_up = ["systemctl", "reload", "shop"]\nwithin = "10m"\n'
    declared = load(written(tmp_path, text))
    (secret,) = declared.secrets
    rotation = secret.rotation
    assert rotation is not None and secret.allow == {Permission.DRILLS}
    assert (rotation.kind, rotation.users, rotation.owner_role) == (
        RotationKind.POSTGRES, ("shop_a", "shop_b"), "shop_owner",
    )  # fmt: skip
    assert (rotation.pick_up, rotation.within) == (("systemctl", "reload", "shop"), 600)
    assert (rotation.load_requests, rotation.load_rate, rotation.pick_up_within, rotation.quiet) == (1000, 50, 60, 3)
    assert decode(Declared, encode(declared)) == declared, "an order keeps it"


def test_the_teams_own_programs_are_read(tmp_path: Path) -> None:
    (secret,) = load(written(tmp_path, PROGRAMS + 'load_command = ["ask"]\nload_rate = 5\n')).secrets
    assert secret.rotation is not None
    assert (secret.rotation.create, secret.rotation.load_command, secret.rotation.load_rate) == (("new",), ("ask",), 5)


def test_keys_of_aws_and_roles_of_vault_are_read(tmp_path: Path) -> None:
    text = 'kind = "aws-access-key"\nadmin = "env:A"\nusers = ["shop"]\nuser_ref = "file:login#ID"\n'
    (secret,) = load(written(tmp_path, LOADED + text)).secrets
    assert secret.rotation is not None
    assert (secret.rotation.kind, secret.rotation.users) == (RotationKind.AWS_ACCESS_KEY, ("shop",))
    text = VAULT + 'roles = ["vault-db:database/shop"]\nlease_ref = "file:login#LEASE"\n'
    declared = load(written(tmp_path, LOADED + text))
    rotation = declared.secrets[0].rotation
    assert rotation is not None and rotation.kind is RotationKind.VAULT_DATABASE
    assert (rotation.roles, rotation.lease_ref) == (("vault-db:database/shop",), "file:login#LEASE")
    assert decode(Declared, encode(declared)) == declared
    told = {str(ask) for ask in asks(read(tmp_path))}
    assert any("vault-db:database/shop" in item for item in told)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LOADED + 'kind = "postgres"\nusers = ["a", "b"]', "of the kind postgres needs admin"),
        (LOADED + 'kind = "postgres"\nadmin = "env:A"', "needs users"),
        (LOADED + 'kind = "redis"\nadmin = "env:A"\nusers = ["a", "a"]', "needs the two users that take turns"),
        (
            LOADED + 'kind = "redis"\nadmin = "env:A"\nusers = ["a", "b"]\nowner_role = "c"',
            "only for the kind postgres",
        ),
        (LOADED + USERS + 'create = ["x"]', "create counts only for the kind tls or command"),
        (LOADED + PROGRAMS + 'users = ["a", "b"]', "users counts only for the kind postgres or redis"),
        (LOADED + 'kind = "command"\ncreate = ["x"]\nretire = ["x"]\nattempt = ["x"]', "needs used"),
        (LOADED + 'kind = "django-key"\nsigning_url = "http://127.0.0.1/"', "needs fallbacks_ref"),
        (LOADED + 'kind = "aws-access-key"\nadmin = "env:A"\nusers = ["a", "b"]', "needs the one user whose keys"),
        (LOADED + 'kind = "aws-access-key"\nusers = ["a"]', "of the kind aws-access-key needs admin"),
        (LOADED + VAULT + 'roles = ["vault:database/shop#x"]', "needs the role whose leases are replaced"),
        (LOADED + VAULT + 'roles = ["vault-db:d/a", "vault-db:d/a"]', "needs the role whose leases are replaced"),
        (LOADED + VAULT + 'roles = ["vault-db:d/a", "vault-db:d/b", "vault-db:d/c"]', "needs the role whose leases"),
        (LOADED + VAULT + 'roles = ["vault-db:d/a", "vault-db:d/b"]\nlease_ref = "vault:s/a#l"', "have no leases"),
        (LOADED + VAULT, "of the kind vault-database needs roles"),
        (USERS + LOADED + 'roles = ["vault-db:d/a"]', "roles counts only for the kind vault-database"),
        (USERS, "needs one of load_url and load_command"),
        (USERS + LOADED + 'load_command = ["x"]', "needs one of load_url and load_command"),
        (USERS + LOADED + 'pick_up = ["x"]\npick_up_pid_file = "p"', "has several of pick_up"),
        (USERS + 'load_url = "https://shop.example/"', "that allows test-traffic"),
        (USERS + LOADED + 'pick_up_url = "https://shop.example/reload"', "that allows test-traffic"),
        (USERS + LOADED + "load_rate = 0", "a number above 0"),
        (USERS + LOADED + "load_rate = 100000", "a number above 0"),
        (USERS + LOADED + "load_requests = 0", "load_requests"),
        (USERS + LOADED + 'pick_up_signal = "KILL"', "pick_up_signal"),
        (USERS.replace("env:ADMIN", "postgresql://root:hunter2@db/") + LOADED, "expected a reference"),
    ],
)
def test_what_does_not_fit_together_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SystemFileError) as caught:
        load(written(tmp_path, text + "\n"))
    assert says in str(caught.value) and "hunter2" not in str(caught.value)


def test_an_entry_point_that_allows_it_may_be_asked(tmp_path: Path) -> None:
    entry = '[[entry_point]]\nurl = "https://shop.example"\nallow = ["test-traffic"]\n'
    text = USERS + 'load_url = "https://shop.example/healthz"\n'
    head = HEAD.replace("[[secret]]", f"{entry}[[secret]]")
    assert load(written(tmp_path, text, head)).secrets[0].rotation is not None
    other = text.replace("shop.example/", "shop.example.evil/")
    with pytest.raises(SystemFileError, match="test-traffic"):
        load(written(tmp_path, other, head))


def test_everything_that_it_wants_needs_trust(tmp_path: Path) -> None:
    text = USERS + LOADED + 'writer = "env:WRITER"\npick_up_pid_file = "/run/shop.pid"\n'
    told = {str(ask) for ask in asks(read(written(tmp_path, text)))}
    for wanted in ("env:ADMIN", "env:WRITER", "to http://127.0.0.1:8000/", "HUP to the process in /run/shop.pid",
                   "makes a new one, retires the old one"):  # fmt: skip
        assert any(wanted in item for item in told), (wanted, told)
    told = {str(ask) for ask in asks(read(written(tmp_path, PROGRAMS + 'load_command = ["ask", "a b"]\n')))}
    for wanted in ("create: new", "retire: old", "attempt: try", "used: count", "load_command: ask 'a b'"):
        assert any(wanted in item for item in told), (wanted, told)

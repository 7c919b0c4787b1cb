"""New values are written in one act, beside what stays; and a note lies beside them until it is taken away."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.reach.secret import Secret
from prodproof.reach.secrets.aws import AwsStore
from prodproof.reach.secrets.local import EnvironmentStore, FileStore
from prodproof.reach.secrets.store import SecretStore
from prodproof.reach.secrets.vault import VaultStore
from prodproof.reach.secrets.writer import SecretWriter
from tests.servers import aws, vault

VALUES = ("plain", 'with "quotes" and $HOME and `id`', "a=b#c d'e\\f", "ünïcode", "x" * 5000, '{"user": "a"}')


@dataclass
class Case:
    """A store with two values in one place, one of which is left alone."""

    store: SecretStore
    ref: str
    beside: str
    other: str
    """A reference in another place."""

    def writer(self) -> SecretWriter:
        writer = self.store.writer()
        assert isinstance(writer, SecretWriter)
        return writer

    def read(self, ref: str | None = None) -> str:
        found = self.store.read(ref or self.ref)
        assert isinstance(found, Secret), found
        return found.reveal()


@pytest.fixture(scope="module")
def vault_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[vault.VaultServer]:
    with vault.running(tmp_path_factory.mktemp("vault")) as server:
        for version in ("1", "2"):
            server.ask("POST", f"sys/mounts/kv{version}", {"type": "kv", "options": {"version": version}})
        yield server


@pytest.fixture(scope="module")
def aws_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[aws.AwsServer]:
    with aws.running(tmp_path_factory.mktemp("aws")) as server:
        yield server


@pytest.fixture(params=["env-file", "vault-1", "vault-2", "aws"])
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Case]:
    if request.param == "aws":
        account: aws.AwsServer = request.getfixturevalue("aws_server")
        name = f"shop-{secrets.token_hex(4)}"
        account.client("secretsmanager").create_secret(Name=name, SecretString='{"a": "one", "b": "two"}')
        kept = AwsStore(aws.REGION, account.url, Secret("reader:secret"))
        yield Case(kept, f"aws-sm:{name}#a", f"aws-sm:{name}#b", f"aws-sm:else-{name}#a")
        kept.close()
        return
    if request.param == "env-file":
        (tmp_path / ".env").write_text("# kept\nA=one\nexport B='two'\n")
        yield Case(FileStore(tmp_path), "file:.env#A", "file:.env#B", "file:other#A")
        return
    server: vault.VaultServer = request.getfixturevalue("vault_server")
    number = request.param[-1]
    given: dict[str, Any] = {"a": "one", "b": "two"}
    path = f"kv{number}/data/shop" if number == "2" else f"kv{number}/shop"
    server.ask("POST", path, {"data": given} if number == "2" else given)
    store = VaultStore(server.url, Secret(server.root))
    yield Case(store, f"vault:kv{number}/shop#a", f"vault:kv{number}/shop#b", f"vault:kv{number}/else#a")
    store.close()


@pytest.mark.parametrize("value", VALUES)
def test_what_is_written_is_read_and_the_rest_stays(case: Case, value: str) -> None:
    assert case.read(case.beside) == "two"
    assert case.writer().write({case.ref: Secret(value)}) is None
    assert case.read() == value
    assert case.read(case.beside) == "two"


def test_two_values_change_in_one_act(case: Case) -> None:
    assert case.writer().write({case.ref: Secret("1"), case.beside: Secret("2")}) is None
    assert (case.read(), case.read(case.beside)) == ("1", "2")
    assert isinstance(case.writer().write({case.ref: Secret("3"), case.other: Secret("4")}), Unseen)
    assert case.read() == "1"


def test_a_note_lies_beside_it_and_goes_away(case: Case) -> None:
    writer = case.writer()
    missing = writer.note(case.ref)
    assert isinstance(missing, Unseen) and missing.why is Reason.NOT_CONFIGURED
    assert writer.drop_note(case.ref) is None, "there is none"
    for text in ("first", '{"second": 2}'):
        assert writer.put_note(case.ref, Secret(text)) is None
        found = writer.note(case.ref)
        assert isinstance(found, Secret) and found.reveal() == text
    assert case.read() == "one"
    assert writer.drop_note(case.ref) is None
    assert isinstance(writer.note(case.ref), Unseen)


def test_nothing_is_made_where_nothing_was(case: Case) -> None:
    assert isinstance(case.writer().write({case.other: Secret("x")}), Unseen)
    assert isinstance(case.store.read(case.other), Unseen)


def test_a_file_keeps_its_mode_and_owner_and_a_note_is_private(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("old\n")
    file.chmod(0o640)
    os.symlink("secret", tmp_path / "link")
    writer = FileStore(tmp_path).writer()
    assert isinstance(writer, SecretWriter)
    assert writer.write({"file:link": Secret("new")}) is None
    assert writer.put_note("file:secret", Secret("both")) is None
    assert (tmp_path / "link").is_symlink() and file.read_text() == "new\n"
    assert file.stat().st_mode & 0o777 == 0o640
    modes = {item.name: item.stat().st_mode & 0o777 for item in tmp_path.iterdir() if not item.is_symlink()}
    assert modes == {"secret": 0o640, "secret.prodproof-rotation": 0o600}, "no draft is left"


def test_a_file_whose_name_has_a_number_sign_is_no_env_file(tmp_path: Path) -> None:
    (tmp_path / "a#b").write_text("whole\n")
    found = FileStore(tmp_path).read("file:a#b")
    assert isinstance(found, Secret) and found.reveal() == "whole"


@pytest.mark.parametrize(
    ("line", "value"),
    [("A=x", "x"), ("  export A = x ", "x"), ("A='x # y'", "x # y"), ('A="x\\"y"', 'x"y'), ("A=x # comment", "x"),
     ("A=1\nA=2", "2"), ("#A=0\nA=1", "1")],
)  # fmt: skip
def test_lines_of_env_files(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / ".env").write_text(f"{line}\nB=other\n")
    found = FileStore(tmp_path).read("file:.env#A")
    assert isinstance(found, Secret) and found.reveal() == value
    missing = FileStore(tmp_path).read("file:.env#C")
    assert missing == Unseen(Reason.NOT_CONFIGURED, "the file .env has no line C=…")


def test_the_environment_of_a_process_is_not_written() -> None:
    assert isinstance(EnvironmentStore({"A": "x"}).writer(), Unseen)


def test_another_login_may_be_needed_to_write(vault_server: vault.VaultServer) -> None:
    vault_server.ask("POST", "kv2/data/mine", {"data": {"a": "one"}})
    reader = vault_server.token('path "kv2/data/mine" { capabilities = ["read"] }')
    store = VaultStore(vault_server.url, Secret(reader))
    writer = store.writer()
    assert isinstance(writer, SecretWriter)
    refused = writer.write({"vault:kv2/mine#a": Secret("two")})
    assert isinstance(refused, Unseen) and refused.why is Reason.DENIED and "two" not in refused.detail
    store.close()


def test_a_change_in_between_is_not_lost(vault_server: vault.VaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    vault_server.ask("POST", "kv2/data/race", {"data": {"a": "one"}})
    store = VaultStore(vault_server.url, Secret(vault_server.root))
    writer = store.writer()
    assert isinstance(writer, SecretWriter)
    client: Any = store._client
    real = client.post

    def post(path: str, what: str, given: dict[str, object]) -> Any:
        vault_server.ask("POST", "kv2/data/race", {"data": {"a": "somebody else's"}})
        return real(path, what, given)

    monkeypatch.setattr(client, "post", post)
    assert isinstance(writer.write({"vault:kv2/race#a": Secret("mine")}), Unseen)
    assert vault_server.ask("GET", "kv2/data/race")["data"]["data"] == {"a": "somebody else's"}
    store.close()


def test_a_note_is_no_version_that_an_application_reads(aws_server: aws.AwsServer) -> None:
    client = aws_server.client("secretsmanager")
    client.create_secret(Name="whole", SecretString="one")
    store = AwsStore(aws.REGION, aws_server.url, Secret("reader:secret"))
    writer = store.writer()
    assert isinstance(writer, SecretWriter)
    assert writer.put_note("aws-sm:whole", Secret("both values")) is None
    assert client.get_secret_value(SecretId="whole")["SecretString"] == "one"
    assert writer.write({"aws-sm:whole": Secret("two")}) is None
    current = client.get_secret_value(SecretId="whole", VersionStage="AWSCURRENT")
    assert current["SecretString"] == "two" and current["VersionId"].startswith("prodproof-")
    assert client.get_secret_value(SecretId="whole", VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    assert writer.drop_note("aws-sm:whole") is None
    labels = client.describe_secret(SecretId="whole")["VersionIdsToStages"].values()
    assert sorted(label for each in labels for label in each) == ["AWSCURRENT", "AWSPREVIOUS"]
    assert isinstance(writer.write({"aws-ssm:/whole": Secret("x")}), Unseen)
    store.close()


def test_a_value_is_pending_before_it_is_current(aws_server: aws.AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    client = aws_server.client("secretsmanager")
    client.create_secret(Name="pending", SecretString="one")
    store = AwsStore(aws.REGION, aws_server.url, Secret("reader:secret"))
    ask = store._ask

    def cut(service: str, action: str, what: str, **given: object) -> "dict[str, Any] | Unseen":
        if action == "update_secret_version_stage":
            return Unseen(Reason.UNREACHABLE, "cut off")
        return ask(service, action, what, **given)

    monkeypatch.setattr(store, "_ask", cut)
    writer = store.writer()
    assert isinstance(writer, SecretWriter) and isinstance(writer.write({"aws-sm:pending": Secret("two")}), Unseen)
    read = store.read("aws-sm:pending")
    assert isinstance(read, Secret) and read.reveal() == "one"
    assert client.get_secret_value(SecretId="pending", VersionStage="AWSPENDING")["SecretString"] == "two"
    monkeypatch.setattr(store, "_ask", ask)
    again = store.writer()
    assert isinstance(again, SecretWriter) and again.drop_note("aws-sm:pending") is None
    labels = client.describe_secret(SecretId="pending")["VersionIdsToStages"].values()
    assert sorted(label for each in labels for label in each) == ["AWSCURRENT"], "what never became current is let go"
    store.close()

"""What every store answers, and what none lets out."""

import logging
import os
import pickle
import secrets
import socket
import time
from contextlib import closing
from pathlib import Path

import pytest

from prodproof.facts import Reason, Unseen
from prodproof.facts.secrets import SecretDescription
from prodproof.reach.secret import MAX_SECRET, Secret
from prodproof.reach.secrets.local import FileStore
from prodproof.reach.secrets.store import Limits, SecretStore
from tests.reach.secrets.cases import AwsCase, Case
from tests.reach.servers import drips, endless, says, talking
from tests.servers.ports import free_port


def value() -> str:
    return f"v{secrets.token_urlsafe(24)}"


def test_what_is_there_is_read(case: Case) -> None:
    given = value()
    reference = case.put(given.encode())
    with closing(case.store()) as store:
        found = store.read(reference)
        assert isinstance(found, Secret), found
        assert found.reveal() == given
        described = store.describe(reference)
        assert isinstance(described, SecretDescription), described
        assert described.found and described.reference == reference


def test_a_line_end_is_no_part_of_a_value(case: Case) -> None:
    given = value()
    with closing(case.store()) as store:
        found = store.read(case.put(f"{given}\n".encode()))
        assert isinstance(found, Secret) and found.reveal() == given


def test_what_is_not_there_is_said_to_be_absent(case: Case) -> None:
    with closing(case.store()) as store:
        found = store.read(case.absent())
        assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found
        described = store.describe(case.absent())
        assert isinstance(described, SecretDescription) and not described.found, described


def test_what_is_empty_is_not_configured(case: Case) -> None:
    with closing(case.store()) as store:
        found = store.read(case.put(b" \n"))
        assert isinstance(found, Unseen) and found.why is Reason.NOT_CONFIGURED, found
        assert "empty" in found.detail


def test_what_is_too_long_is_never_cut(case: Case) -> None:
    if isinstance(case, AwsCase):
        pytest.skip("AWS itself keeps nothing that is longer")
    with closing(case.store()) as store:
        found = store.read(case.put(b"x" * (MAX_SECRET + 1)))
        assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found
        found = store.read(case.put(b"x" * MAX_SECRET))
        assert isinstance(found, Secret) and len(found.reveal()) == MAX_SECRET


def test_what_is_no_text_is_no_secret(case: Case) -> None:
    if not case.binary:
        pytest.skip("keeps text only")
    with closing(case.store()) as store:
        for data in (b"\xff\xfe\x00\x80" * 8, b"a\0b"):
            found = store.read(case.put(data))
            assert isinstance(found, Unseen) and found.why is Reason.INCOMPLETE, found


def test_names_are_listed_without_values(case: Case) -> None:
    given = value()
    name = case.put(given.encode()).partition(":")[2].partition("#")[0]
    with closing(case.store()) as store:
        listing = store.names()
    assert name in listing.names
    assert not listing.gaps
    assert given not in repr(listing)


def test_no_value_shows(case: Case, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    given = value()
    reference = case.put(given.encode())
    caplog.clear()
    with closing(case.store()) as store:
        found = store.read(reference)
        shown: list[object] = [found, store, store.describe(reference), store.names(), store.posture()]
        shown.append(store.fingerprints(reference, b"k" * 32))
    assert isinstance(found, Secret)
    assert given not in " ".join(f"{item!r} {item}" for item in shown)
    assert given not in caplog.text
    assert given not in "".join(capfd.readouterr())
    with pytest.raises(TypeError):
        pickle.dumps(found)


def test_a_refusal_is_a_refusal(remote: Case) -> None:
    if isinstance(remote, AwsCase):
        pytest.skip("moto refuses nobody; see the test below")
    reference = remote.put(value().encode())
    with closing(remote.denied()) as store:
        for answer in (store.read(reference), store.describe(reference)):
            assert isinstance(answer, Unseen) and answer.why is Reason.DENIED, answer


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"])
@pytest.mark.parametrize("scheme", ["aws-sm", "aws-ssm"])
def test_a_refusal_of_aws_is_one_and_is_not_quoted(scheme: str, code: str) -> None:
    hidden = value()
    body = f'{{"__type":"{code}","message":"User: {hidden} is not authorized"}}'.encode()
    head = (
        f"HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with talking(says(head.encode() + body)) as port:
        case = AwsCase.__new__(AwsCase)
        case._scheme = scheme
        with closing(case.at(port)) as store:
            for answer in (store.read(case.absent()), store.describe(case.absent())):
                assert isinstance(answer, Unseen) and answer.why is Reason.DENIED, answer
                assert hidden not in repr(answer) and code in answer.detail


def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read every file")
    (tmp_path / "key").write_text("x")
    (tmp_path / "key").chmod(0)
    found = FileStore(tmp_path).read("file:key")
    assert isinstance(found, Unseen) and found.why is Reason.DENIED


def answers(store: SecretStore, reference: str) -> list[object]:
    with closing(store):
        gaps = store.names().gaps
        assert gaps
        return [store.read(reference), store.describe(reference), *gaps]


def test_nobody_there_is_unreachable(remote: Case) -> None:
    for answer in answers(remote.at(free_port(), Limits()), remote.absent()):
        assert isinstance(answer, Unseen) and answer.why is Reason.UNREACHABLE, answer


def silent(connection: socket.socket) -> None:
    """Reads, and never answers."""
    while connection.recv(65536):
        pass


def test_silence_is_a_time_out(remote: Case) -> None:
    with talking(silent) as port, closing(remote.at(port)) as store:
        answer = store.read(remote.absent())
    assert isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT, answer


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"


def test_a_drip_ends(remote: Case) -> None:
    before = time.monotonic()
    with talking(drips(HEAD)) as port, closing(remote.at(port)) as store:
        answer = store.read(remote.absent())
    assert isinstance(answer, Unseen) and answer.why is Reason.TIMED_OUT, answer
    assert time.monotonic() - before < 30


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"data": []}', b'{"data": {"data": 5}}', b"<html>"])
def test_answers_that_mean_nothing(remote: Case, body: bytes) -> None:
    whole = HEAD.replace(b"Connection", b"Content-Length: %d\r\nConnection" % len(body)) + body
    with talking(says(whole)) as port, closing(remote.at(port)) as store:
        for answer in (store.read(remote.absent()), store.describe(remote.absent())):
            assert isinstance(answer, Unseen) or (isinstance(answer, SecretDescription) and not answer.found), answer


def test_an_endless_answer_ends(remote: Case) -> None:
    with talking(endless(HEAD + b'{"x": "', b"y" * 65536)) as port, closing(remote.at(port)) as store:
        answer = store.read(remote.absent())
    assert isinstance(answer, Unseen) and answer.why in (Reason.INCOMPLETE, Reason.TIMED_OUT), answer

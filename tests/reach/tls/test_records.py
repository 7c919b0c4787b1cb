"""The reader of TLS records: what servers say, and any bytes at all."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodproof.reach.tls import records as records
from prodproof.reach.tls.records import Alert, BadRecordError, Ended, Exchange, Hello, read_answers

RANDOM = bytes(range(32))


def record(kind: int, payload: bytes) -> bytes:
    return bytes((kind, 3, 3)) + len(payload).to_bytes(2, "big") + payload


def message(kind: int, body: bytes) -> bytes:
    return bytes((kind,)) + len(body).to_bytes(3, "big") + body


def server_hello(version: int, suite: int, extensions: bytes = b"", random: bytes = RANDOM) -> bytes:
    body = version.to_bytes(2, "big") + random + b"\0" + suite.to_bytes(2, "big") + b"\0"
    if extensions:
        body += len(extensions).to_bytes(2, "big") + extensions
    return message(2, body)


def test_reads_an_ecdhe_flight() -> None:
    exchange = message(12, b"\x03\x00\x1d\x20" + bytes(32))
    data = record(22, server_hello(records.TLS12, 0xC02F) + message(11, bytes(100))) + record(22, exchange)
    assert read_answers(data) == ([Hello(records.TLS12, 0xC02F), Exchange(group=29)], True)
    done = data + record(22, message(14, b""))
    assert read_answers(done) == ([Hello(records.TLS12, 0xC02F), Exchange(group=29), Ended()], False)


def test_reads_the_size_of_a_prime() -> None:
    prime = (1 << 1023 | 1).to_bytes(128, "big")
    body = len(prime).to_bytes(2, "big") + prime + b"\0\x01\x02" + b"\0\x01\x03"
    answers, _ = read_answers(record(22, server_hello(records.TLS10, 0x0033) + message(12, body)))
    assert answers[1] == Exchange(dh_bits=1024)


def test_reads_a_retry_request() -> None:
    extensions = b"\x00\x2b\x00\x02\x03\x04" + b"\x00\x33\x00\x02\x00\x17"
    retry = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
    answers, more = read_answers(record(22, server_hello(records.TLS12, 0x1302, extensions, retry)))
    assert answers[0] == Hello(records.TLS13, 0x1302, retry=True, group=23)
    assert not more


def test_reads_an_alert_after_a_warning() -> None:
    warning, fatal = record(21, b"\x01\x70"), record(21, b"\x02\x28")
    assert read_answers(warning + fatal) == ([Alert(40)], False)
    assert Alert(40).name == "handshake_failure"
    assert Alert(201).name == "alert 201"


def test_a_message_may_span_records() -> None:
    whole = server_hello(records.TLS12, 0xC030)
    data = record(22, whole[:5]) + record(22, whole[5:])
    assert read_answers(data)[0] == [Hello(records.TLS12, 0xC030)]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        record(21, b"\x02"),
        record(22, message(2, b"\x03\x03")),
        record(22, message(14, b"")[:3] + b"\xff" + bytes(10)),
        record(22, b"\x0b\xff\xff\xff" + bytes(100)),
        b"\x16\x03\x03\xff\xff" + bytes(10),
        record(22, server_hello(records.TLS12, 0xC02F, b"\x00\x2b\x00\x09\x03")),
    ],
)
def test_what_is_not_tls_is_said_so(data: bytes) -> None:
    try:
        answers, _ = read_answers(data)
    except BadRecordError:
        return
    assert not any(isinstance(item, Hello) for item in answers)


def test_what_is_too_large_after_the_hello_only_ends_the_answers() -> None:
    hello = record(22, server_hello(records.TLS12, 0x002F))
    announced = hello + record(22, b"\x0b\x0f\xff\xff" + bytes(1000))
    endless = hello + record(22, b"\x0b\x03\xff\xff" + bytes(16000)) + record(22, bytes(16000)) * 20
    for data in (announced, endless):
        assert read_answers(data) == ([Hello(records.TLS12, 0x002F)], False)


@settings(max_examples=400)
@given(st.binary(max_size=600))
def test_any_bytes(data: bytes) -> None:
    try:
        answers, more = read_answers(data)
    except BadRecordError:
        return
    assert isinstance(more, bool)
    assert all(isinstance(item, Hello | Exchange | Alert | Ended) for item in answers)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.sampled_from([2, 11, 12, 14, 0]), st.binary(max_size=120)), max_size=6), st.data())
def test_any_messages_in_good_records(messages: list[tuple[int, bytes]], data: st.DataObject) -> None:
    whole = server_hello(records.TLS12, data.draw(st.sampled_from([0xC02F, 0x0033, 0x002F, 0x0034])))
    flight = record(22, whole + b"".join(message(kind, body) for kind, body in messages))
    cut = data.draw(st.integers(0, len(flight)))
    try:
        answers, _ = read_answers(flight[:cut])
    except BadRecordError:
        return
    assert len(answers) <= len(messages) + 2


@given(st.binary(max_size=64))
def test_ssl2_reader_takes_any_bytes(data: bytes) -> None:
    assert records.is_ssl2_hello(data) == (len(data) >= 7 and data[0] >= 128 and data[2] == 4 and data[5:7] == b"\0\2")


def test_greetings_are_well_formed() -> None:
    for version in (records.SSL3, records.TLS10, records.TLS12, records.TLS13):
        hello = records.client_hello(version, (0xC02F, 0x1301), name="shop.example", random=os.urandom(32))
        assert int.from_bytes(hello[3:5], "big") == len(hello) - 5
        assert int.from_bytes(hello[6:9], "big") == len(hello) - 9
        assert (b"shop.example" in hello) == (version != records.SSL3)
    assert records.is_ssl2_hello(records.ssl2_hello(bytes(16))) is False


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(BadRecordError):
        records.client_hello(records.TLS12, (1,), name="a" * 80 + "ä.example", random=RANDOM)


def test_the_registry_is_whole() -> None:
    names = records.suites()
    assert names[0x1301] == "TLS_AES_128_GCM_SHA256"
    assert names[0xC02F] == "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
    assert len(names) > 340
    assert records.suite_name(0xFFFE) == "0xFFFE"

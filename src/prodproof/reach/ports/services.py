"""What speaks on an open TCP port, told from its greeting or from its answer to one harmless first message.

Nothing here logs in, asks for data or changes anything: each message is the one with which a client of that protocol
begins. What is kept of an answer is short and printable.
"""

import asyncio
import os
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace

from prodproof.facts.ports import OpenPort
from prodproof.reach.stream import LostError, Stream, is_loopback
from prodproof.reach.tls import records as tls_records
from prodproof.reach.world import Settings

AT_ONCE = 24
MAX_ANSWER = 8192
MAX_IDENTIFIED = 400
"""A host on which more ports than this are open answers on all of them; the rest is not asked what it is."""


@dataclass(frozen=True)
class Question:
    """A first message of one protocol, and who it is that answers."""

    message: bytes
    reads: Callable[[bytes], OpenPort | None]
    ports: tuple[int, ...] = ()
    """Where the service usually is, so that it is asked first there."""


def printable(data: bytes, limit: int = 80) -> str:
    """A short piece of an answer that is safe to show."""
    text = data.decode("latin-1")
    return re.sub(r"[^\x20-\x7e]+", " ", text).strip()[:limit]


def read_greeting(data: bytes) -> OpenPort | None:
    """The service that greets like this, or None."""
    line = data.partition(b"\n")[0]
    for start, service in (
        (b"SSH-", "ssh"),
        (b"* OK", "imap"),
        (b"* PREAUTH", "imap"),
        (b"+OK", "pop3"),
        (b"RFB ", "vnc"),
        (b"@RSYNCD:", "rsync"),
        (b"INFO {", "nats"),
        (b"-DENIED", "redis"),
        (b"HTTP/", "http"),
    ):
        if data.startswith(start):
            return _named(service, printable(line))
    if data.startswith(b"220"):
        return _named("smtp" if re.search(rb"(?i)\bE?SMTP\b|postfix|exim|mail", line) else "ftp", printable(line))
    # MySQL's handshake (protocol 10, version) or its refusal of this address; both are a packet of sequence 0.
    if len(data) > 6 and data[3] == 0 and int.from_bytes(data[:3], "little") + 4 <= len(data):
        if data[4] == 10 and b"\0" in data[5:80]:
            return _named("mysql", printable(data[5:].partition(b"\0")[0]))
        if data[4] == 0xFF and (b"MySQL" in data or b"MariaDB" in data or b"Host" in data):
            return _named("mysql", "refuses this address")
    if data[:1] == b"\xff" and len(data) >= 3 and data[1] in range(0xFB, 0xFF):
        return _named("telnet", "")
    return None


_PRODUCTS = (
    ("elasticsearch", rb'"lucene_version"|You Know, for Search|"security_exception"|basic realm="security"'),
    ("rabbitmq-management", rb"RabbitMQ Management"),
    ("docker-api", rb"\r\nServer: Docker/|\r\nApi-Version: 1\."),
    ("kubernetes-api", rb'"kind": ?"Status",.{0,80}"apiVersion": ?"v1"'),
    ("couchdb", rb'"couchdb": ?"Welcome"|\r\nServer: CouchDB/'),
    ("influxdb", rb"(?i)\r\nX-Influxdb-Version:"),
    ("clickhouse", rb"(?i)\r\nX-ClickHouse-"),
    ("mongodb", rb"trying to access MongoDB over HTTP"),
    ("neo4j", rb'"neo4j_version"|"bolt_routing"'),
    ("solr", rb"(?i)\r\nLocation: [^\r]*/solr/|Solr Admin"),
    ("consul", rb"(?i)X-Consul-|Consul by HashiCorp"),
    ("prometheus", rb"<title>Prometheus|Prometheus Time Series|\r\nLocation: /(graph|query)\r"),
    ("kibana", rb"(?i)\r\nkbn-(name|version|license-sig):"),
    ("etcd", rb"\r\nX-Etcd-|\r\nGrpc-Metadata-Content-Type:.{0,80}etcd"),
    ("minio", rb"(?i)\r\nServer: MinIO"),
)
"""Services inside HTTP, by what their first page says."""


def read_http(data: bytes) -> OpenPort | None:
    """The service behind an HTTP answer to `GET /`, or None if it is no HTTP."""
    if not data.startswith(b"HTTP/"):
        return None
    for service, pattern in _PRODUCTS:
        if re.search(pattern, data, re.DOTALL):
            return _named(service, printable(data.partition(b"\n")[0]))
    server = re.search(rb"(?i)\r\nServer: ([^\r\n]{1,60})", data)
    return _named("http", printable(server[1]) if server else "")


def read_postgres(data: bytes) -> OpenPort | None:
    """PostgreSQL answers an SSLRequest with one letter, or with an error message."""
    if data in (b"S", b"N"):
        return _named("postgresql", "with TLS" if data == b"S" else "without TLS")
    return _named("postgresql", "") if data[:1] == b"E" and (b"FATAL" in data or b"SFATAL" in data) else None


def read_redis(data: bytes) -> OpenPort | None:
    """Redis answers PING, or asks for a password first."""
    if data.startswith(b"+PONG"):
        return _named("redis", "without a password")
    known = (b"-NOAUTH", b"-DENIED", b"-ERR", b"-LOADING", b"-NOPERM", b"-MASTERDOWN")
    return _named("redis", printable(data.partition(b"\r")[0])) if data.startswith(known) else None


def read_mongodb(data: bytes) -> OpenPort | None:
    """A reply of MongoDB's wire protocol: OP_REPLY (1) or OP_MSG (2013), to our request."""
    if len(data) < 16 or int.from_bytes(data[:4], "little") > 48_000_000:
        return None
    answers_us = int.from_bytes(data[8:12], "little") == 7
    return _named("mongodb", "") if answers_us and int.from_bytes(data[12:16], "little") in (1, 2013) else None


def read_tls(data: bytes) -> OpenPort | None:
    """Anything that answers a ClientHello in TLS."""
    try:
        answers, _ = tls_records.read_answers(data)
    except tls_records.BadRecordError:
        return None
    return OpenPort(number=0, service="", tls=True) if answers else None


def read_kafka(data: bytes) -> OpenPort | None:
    """Kafka repeats the correlation id."""
    return _named("kafka", "") if len(data) >= 10 and data[4:8] == b"pprf" else None


def _starts(service: str, *starts: bytes) -> Callable[[bytes], OpenPort | None]:
    return lambda data: _named(service, printable(data.partition(b"\r")[0])) if data.startswith(starts) else None


def _named(service: str, detail: str) -> OpenPort:
    return OpenPort(number=0, service=service, detail=detail)


def _questions(name: str, settings: Settings) -> tuple[Question, ...]:
    lines = (
        "GET / HTTP/1.1",
        f"Host: {name}",
        f"User-Agent: {settings.user_agent}",
        "Accept: */*",
        "Connection: close",
    )
    get = "".join(f"{line}\r\n" for line in (*lines, ""))
    # {hello: 1, $db: "admin"} as an OP_MSG, request id 7.
    document = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0"
    document = (len(document) + 4).to_bytes(4, "little") + document
    mongo = (16 + 5 + len(document)).to_bytes(4, "little") + bytes.fromhex("0700000000000000dd0700000000000000")
    greeting = tls_records.client_hello(
        tls_records.TLS12, (0xC02F, 0xC030, 0xC02B, 0xC02C, 0x009E, 0x002F, 0x0035), name=None, random=os.urandom(32)
    )
    tds = bytes.fromhex("1201002f0000010000001a00060100200001020021000103002200040400260001ff") + bytes(13)
    return (
        Question(get.encode("latin-1", "replace"), read_http, (80, 8000, 8080, 9200, 15672, 2375, 5984, 8086, 8123)),
        Question(greeting, read_tls, (443, 8443, 465, 636, 993, 995, 6443, 2376)),
        Question(bytes.fromhex("0000000804d2162f"), read_postgres, (5432, 5433, 6432)),
        Question(b"PING\r\n", read_redis, (6379, 6380, 26379)),
        Question(b"version\r\n", _starts("memcached", b"VERSION "), (11211,)),
        Question(mongo + document, read_mongodb, (27017, 27018, 27019)),
        Question(b"AMQP\x00\x00\x09\x01", _starts("amqp", b"AMQP\x00\x00", b"\x01\x00\x00"), (5672,)),
        # ApiVersions, version 0, correlation id "pprf".
        Question(bytes.fromhex("0000000a00120000") + b"pprf" + b"\xff\xff", read_kafka, (9092, 9093)),
        Question(b"ruok", _starts("zookeeper", b"imok", b"ruok is not executed"), (2181,)),
        Question(bytes.fromhex("040000000500000000"), _starts("cassandra", b"\x84\x00\x00\x00\x06", b"\x83"), (9042,)),
        Question(tds, _starts("mssql", b"\x04\x01\x00"), (1433,)),
    )


async def identify(address: str, ports: tuple[int, ...], name: str, settings: Settings) -> tuple[OpenPort, ...]:
    """Say for each open port what speaks there.

    Args:
        address: where the ports are open.
        name: what an HTTP server is asked for.
    """
    slots = asyncio.Semaphore(AT_ONCE)
    asked = set(ports[:MAX_IDENTIFIED])
    wait = 0.4 if is_loopback(address) else 2.0
    questions = _questions(name, settings)

    async def one(port: int) -> OpenPort:
        if port not in asked:
            return OpenPort(number=port, service="")
        async with slots:
            found = await _identify(address, port, questions, settings, wait)
        return replace(found, number=port)

    return tuple(await asyncio.gather(*(one(port) for port in sorted(ports))))


async def _identify(
    address: str, port: int, questions: tuple[Question, ...], settings: Settings, wait: float
) -> OpenPort:
    usual = [question for question in questions if port in question.ports]
    rest = [question for question in questions if question not in usual]
    for question in usual:
        if found := await _ask(address, port, question, settings, wait):
            return await _inside(found, address, port, questions, settings, wait)
    if found := await _ask(address, port, Question(b"", read_greeting), settings, wait):
        return found
    answers = await asyncio.gather(*(_ask(address, port, question, settings, wait) for question in rest))
    named = [found for found in answers if found is not None]
    if not named:
        return OpenPort(number=port, service="")
    # A port that speaks TLS may answer plain HTTP too, but only to say so; any other name says more than TLS alone.
    best = next((found for found in named if found.service not in ("", "http")), None)
    best = best or next((found for found in named if found.tls), named[0])
    return await _inside(best, address, port, questions, settings, wait)


async def _ask(address: str, port: int, question: Question, settings: Settings, wait: float) -> OpenPort | None:
    data = b""
    try:
        async with await Stream.open(address, port, settings) as stream:
            if question.message:
                await stream.send(question.message)
            while len(data) < MAX_ANSWER:
                # A service that greets first is told by its greeting, whatever it was asked.
                if data and (found := question.reads(data) or read_greeting(data)) and found.service != "http":
                    return found
                chunk = await stream.receive(4096, 2 * wait)
                if not chunk:
                    break
                data += chunk
    except LostError:
        pass
    return (question.reads(data) or read_greeting(data)) if data else None


async def _inside(
    found: OpenPort, address: str, port: int, questions: tuple[Question, ...], settings: Settings, wait: float
) -> OpenPort:
    """Ask once more within TLS, where TLS is all that is known."""
    if not found.tls or found.service:
        return found
    for question in questions:
        if question.reads not in (read_http, read_redis):
            continue
        data = await _within_tls(address, port, question.message, settings, wait)
        if data and (inner := question.reads(data) or read_greeting(data)):
            return replace(inner, tls=True)
    return replace(found, service="tls")


async def _within_tls(address: str, port: int, message: bytes, settings: Settings, wait: float) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(incoming, outgoing)
    data, sent = b"", False
    try:
        async with await Stream.open(address, port, settings) as stream:
            while len(data) < MAX_ANSWER:
                try:
                    if not sent:
                        tls.do_handshake()
                        tls.write(message)
                        sent = True
                    chunk = tls.read(4096)
                    if not chunk:
                        break
                    data += chunk
                except ssl.SSLWantReadError:
                    if outgoing.pending:
                        await stream.send(outgoing.read())
                    received = await stream.receive(wait=2 * wait)
                    if received:
                        incoming.write(received)
                    else:
                        incoming.write_eof()
    except (LostError, ssl.SSLError):
        pass
    return data

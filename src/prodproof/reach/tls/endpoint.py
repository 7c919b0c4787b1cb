"""Asks a TLS port what it accepts: every protocol by itself, every suite, groups, and its certificates.

Protocols and suites are asked with hand-made ClientHellos (`tls_records`), since today's OpenSSL no longer speaks the
old ones; each accepted suite is taken out of the list until nothing is accepted. Certificates come from a real
handshake (`tls_chain`). What a server refuses by silence or by hanging up counts as refused only if the port still
answers a greeting that it accepted before.
"""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from prodproof.facts import Reason, Unseen
from prodproof.facts.tls import ProtocolOffer, ServedChain, TlsAddress
from prodproof.reach.stream import LostError, Pace, Stream, is_loopback
from prodproof.reach.tls import records as records
from prodproof.reach.tls.chain import chains_of
from prodproof.reach.tls.records import SSL2, SSL3, TLS10, TLS11, TLS12, TLS13, Alert, BadRecordError, Exchange, Hello
from prodproof.reach.tls.starttls import NoUpgradeError, upgrade
from prodproof.reach.world import Settings

MAX_SUITES_OFFERED = 100
"""Some servers refuse longer lists, whatever is in them."""

_PROTOCOL_VERSION, _UNRECOGNIZED_NAME = 70, 112
_TLS13_SUITES = (0x1302, 0x1303, 0x1301, 0x1304, 0x1305)
_USUAL_FIRST = ("_AES_", "_CHACHA20_", "_CAMELLIA_")
_VERSIONS = (TLS13, TLS12, TLS11, TLS10, SSL3)


@dataclass(frozen=True)
class Target:
    """One TLS port at one address."""

    address: str
    port: int
    name: str | None
    """What Server Name Indication says; None for bare addresses."""

    starttls: str | None = None


@dataclass(frozen=True)
class Refusal:
    """A greeting that was not accepted, and how that was said."""

    how: str
    unseen: Unseen | None = None


@dataclass(frozen=True)
class _Got:
    hello: Hello
    exchange: Exchange | None


async def examine(target: Target, settings: Settings) -> TlsAddress:
    """Look at one address of a TLS port. Never raises for what the server does; see `TlsAddress.unseen`."""
    return await _Examination(target, settings).run()


class _Examination:
    def __init__(self, target: Target, settings: Settings) -> None:
        self.target = target
        self.settings = settings
        self.pace = Pace(target.address, settings)
        self.slots = asyncio.Semaphore(16 if is_loopback(target.address) else 4)
        self.dh_bits: int | None = None
        self.groups: dict[str, None] = {}

    async def run(self) -> TlsAddress:
        first = await self.ask(TLS12, _ordered()[:MAX_SUITES_OFFERED])
        if isinstance(first, Refusal) and (stop := self._hopeless(first)):
            return stop
        offers: Sequence[ProtocolOffer] = await asyncio.gather(
            *(self.protocol(version) for version in _VERSIONS), self.ssl2()
        )
        accepted = {offer.version for offer in offers if offer.accepted}
        if not accepted:
            return self._nothing_accepted(first, offers)
        offers = await self._confirmed(offers)
        weak, _, chains = await asyncio.gather(
            self.weak_groups(offers), self.tls13_groups("TLSv1.3" in accepted), self.chains(offers)
        )
        return TlsAddress(
            address=self.target.address,
            protocols=tuple(
                sorted(offers, key=lambda offer: list(records.VERSION_NAMES.values()).index(offer.version))
            ),
            groups=tuple(sorted(self.groups)),
            weak_groups=weak,
            dh_bits=self.dh_bits,
            chains=chains[0],
            chains_unseen=chains[1],
        )

    async def protocol(self, version: int) -> ProtocolOffer:
        """Which suites are accepted with one version."""
        name = records.VERSION_NAMES[version]
        first, *others = _chunks(_TLS13_SUITES if version == TLS13 else _ordered())
        found: list[int] = []
        doubt: Unseen | None = None
        # The first list holds what servers usually have; `protocol_version` in answer to it ends the matter.
        accepted, end = await self._drain(version, first)
        found += accepted
        if accepted or end.how != "protocol_version":
            rest = await asyncio.gather(*(self._drain(version, offered) for offered in others))
            for more, ended in ((accepted, end), *rest):
                found += [code for code in more if code not in found]
                if ended.unseen is not None:
                    doubt = ended.unseen
        suites = tuple(records.suite_name(code) for code in found)
        return ProtocolOffer(version=name, accepted=bool(found), suites=suites, unseen=doubt)

    async def _drain(self, version: int, offered: Sequence[int]) -> tuple[list[int], Refusal]:
        left = list(offered)
        accepted: list[int] = []
        while left:
            answer = await self.ask(version, left)
            if isinstance(answer, Refusal):
                return accepted, answer
            accepted.append(answer.hello.suite)
            left.remove(answer.hello.suite)
        return accepted, Refusal("everything was accepted")

    async def ssl2(self) -> ProtocolOffer:
        """Whether SSL 2 is answered."""
        try:
            async with self.slots:
                data = await self._exchange(records.ssl2_hello(os.urandom(16)), lambda data: len(data) < 7)
        except (LostError, NoUpgradeError, BadRecordError):
            # A modern server answers with an alert or hangs up; neither is an SSL 2 greeting.
            return ProtocolOffer(version="SSLv2", accepted=False)
        return ProtocolOffer(version="SSLv2", accepted=records.is_ssl2_hello(data))

    async def tls13_groups(self, spoken: bool) -> None:
        """Name every group of TLS 1.3, by taking the chosen one out of the list."""
        left = [*records.USUAL_GROUPS, 4588, *records.FINITE_GROUPS] if spoken else []
        while left:
            answer = await self.ask(TLS13, _TLS13_SUITES, left)
            if isinstance(answer, Refusal) or answer.hello.group not in left:
                return
            self.groups[records.GROUP_NAMES[answer.hello.group]] = None
            left.remove(answer.hello.group)

    async def weak_groups(self, offers: Iterable[ProtocolOffer]) -> tuple[str, ...]:
        """Curves under 112 bits that are accepted with the best of the older versions."""
        codes = {name: code for code, name in records.suites().items()}
        for version in (TLS12, TLS11, TLS10):
            offer = next(item for item in offers if item.version == records.VERSION_NAMES[version])
            elliptic = [codes[name] for name in offer.suites if "_ECDHE_" in name and name in codes]
            if elliptic:
                answer = await self.ask(version, elliptic, records.WEAK_GROUPS)
                if isinstance(answer, _Got) and answer.exchange and answer.exchange.group in records.WEAK_GROUPS:
                    return (records.GROUP_NAMES[answer.exchange.group],)
                return ()
        return ()

    async def chains(self, offers: Iterable[ProtocolOffer]) -> tuple[tuple[ServedChain, ...], Unseen | None]:
        """The served chains, one for each kind of certificate that TLS 1.2 tells apart."""
        tls12 = next(offer for offer in offers if offer.version == "TLSv1.2")
        kinds = tuple(kind for kind in ("ECDSA", "RSA") if any(f"_{kind}_" in suite for suite in tls12.suites))
        return await chains_of(self._open, self.target.name, self.settings, kinds)

    async def ask(
        self, version: int, offered: Sequence[int], groups: Sequence[int] = records.USUAL_GROUPS
    ) -> "_Got | Refusal":
        """Send one greeting; a time-out is tried twice."""
        answer = await self._ask_once(version, offered, groups, None)
        if isinstance(answer, Refusal) and answer.unseen and answer.unseen.why is Reason.TIMED_OUT:
            answer = await self._ask_once(version, offered, groups, None)
        elif (
            version == TLS13
            and isinstance(answer, Refusal)
            and groups is records.USUAL_GROUPS
            and answer.how != "protocol_version"
        ):
            # A few servers insist on a key share in the first greeting.
            answer = await self._ask_once(version, offered, groups, os.urandom(32))
        return answer

    async def _ask_once(
        self, version: int, offered: Sequence[int], groups: Sequence[int], share: bytes | None
    ) -> "_Got | Refusal":
        try:
            hello = records.client_hello(
                version, offered, name=self.target.name, random=os.urandom(32), groups=groups, share=share
            )
            async with self.slots:
                data = await self._exchange(hello, lambda data: _unfinished(data, version))
            answers, _ = records.read_answers(data)
        except LostError as lost:
            return Refusal(lost.unseen.detail, unseen=None if lost.ended else lost.unseen)
        except (BadRecordError, NoUpgradeError) as error:
            return Refusal("not TLS", unseen=Unseen(Reason.UNREACHABLE, str(error)))
        got = next((item for item in answers if isinstance(item, Hello)), None)
        if got is None:
            alert = next((item for item in answers if isinstance(item, Alert)), None)
            return Refusal(alert.name if alert else "the connection was closed")
        if got.version != version:
            return Refusal("protocol_version")
        if got.suite not in offered:
            odd = Unseen(Reason.INCOMPLETE, "the server chose a cipher suite that was not offered")
            return Refusal("a suite that was not offered", unseen=odd)
        exchange = next((item for item in answers if isinstance(item, Exchange)), None)
        if exchange and exchange.dh_bits:
            self.dh_bits = min(self.dh_bits or exchange.dh_bits, exchange.dh_bits)
        if exchange and exchange.group in records.GROUP_NAMES and exchange.group not in records.WEAK_GROUPS:
            self.groups[records.GROUP_NAMES[exchange.group]] = None
        return _Got(got, exchange)

    async def _exchange(self, greeting: bytes, more: Callable[[bytes], bool]) -> bytes:
        async with await self._open() as stream:
            await stream.send(greeting)
            data = b""
            while more(data):
                chunk = await stream.receive()
                if not chunk:
                    break
                data += chunk
            return data

    async def _open(self) -> Stream:
        await self.pace.turn()
        stream = await Stream.open(self.target.address, self.target.port, self.settings)
        if self.target.starttls:
            try:
                await upgrade(stream, self.target.starttls)
            except BaseException:
                await stream.__aexit__()
                raise
        return stream

    def _hopeless(self, first: Refusal) -> TlsAddress | None:
        """The answer when the first greeting shows that there is no use in more of them."""
        if first.how == "not TLS":
            return TlsAddress(address=self.target.address, speaks_tls=False)
        if first.unseen is not None and first.unseen.why is not Reason.INCOMPLETE:
            return TlsAddress(address=self.target.address, unseen=first.unseen)
        return None

    def _nothing_accepted(self, first: "_Got | Refusal", offers: Iterable[ProtocolOffer]) -> TlsAddress:
        unseen = next((offer.unseen for offer in offers if offer.unseen), None)
        if unseen is None:
            how = first.how if isinstance(first, Refusal) else "nothing"
            unseen = Unseen(Reason.UNREACHABLE, f"refuses every TLS greeting ({how.replace('_', ' ')})")
        return TlsAddress(address=self.target.address, unseen=unseen)

    async def _confirmed(self, offers: Sequence[ProtocolOffer]) -> tuple[ProtocolOffer, ...]:
        """Ask once more for what was accepted: a port that no longer answers has refused nothing, it has gone."""
        good = next(offer for offer in offers if offer.accepted)
        version = next(code for code, name in records.VERSION_NAMES.items() if name == good.version)
        if version == SSL2:
            return tuple(offers)
        again = await self.ask(version, _TLS13_SUITES if version == TLS13 else _ordered()[:MAX_SUITES_OFFERED])
        if isinstance(again, _Got):
            return tuple(offers)
        gone = again.unseen or Unseen(Reason.INCOMPLETE, f"stopped answering while it was asked ({again.how})")
        return tuple(replace(offer, unseen=offer.unseen or gone) for offer in offers)


def _unfinished(data: bytes, version: int) -> bool:
    if not data:
        return True
    answers, more = records.read_answers(data)
    got = next((item for item in answers if isinstance(item, Hello)), None)
    if got is None:
        return more
    # Without an exchange of keys there is nothing after ServerHello that is of interest.
    ephemeral = any(part in records.suite_name(got.suite) for part in ("_DHE_", "_ECDHE_", "_anon_"))
    wanted = ephemeral and version < TLS13 and got.version == version
    return more and wanted and not any(isinstance(item, Exchange) for item in answers)


def _ordered() -> list[int]:
    """All suites before TLS 1.3, those that servers usually have first."""
    names = {code: name for code, name in records.suites().items() if not 0x1301 <= code <= 0x1305}

    def rank(code: int) -> tuple[bool, bool, int]:
        name = names[code]
        usual = name.startswith(("TLS_ECDHE_", "TLS_DHE_", "TLS_RSA_")) and "_PSK_" not in name
        return not (usual and any(part in name for part in _USUAL_FIRST)), "_RC4_" not in name, code

    return sorted(names, key=rank)


def _chunks(codes: Sequence[int]) -> list[Sequence[int]]:
    return [codes[start : start + MAX_SUITES_OFFERED] for start in range(0, len(codes), MAX_SUITES_OFFERED)]

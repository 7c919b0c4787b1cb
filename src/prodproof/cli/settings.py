"""How to behave towards others, from a command's options. Imported by commands that read no system file, too."""

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from prodproof.reach.world import Settings
from prodproof.system.errors import UserError, inert


def settings_from(
    *,
    ca_file: Path | None = None,
    rate: float | None = None,
    resolve: Sequence[str] = (),
    source_address: str | None = None,
    web_ports: tuple[int, int] = Settings.web_ports,
    scan_rate: float = Settings.scan_rate,
) -> Settings:
    """Settings of one run from its options. Raises UserError for values that cannot be used."""
    made = Settings()
    if ca_file is not None and not ca_file.is_file():
        raise UserError(f"--ca-file: {ca_file} is not a file")
    addresses = dict(_resolved(item) for item in resolve)
    if source_address is not None:
        _address("--source-address", source_address)
    return replace(
        made,
        ca_file=ca_file,
        rate=rate or made.rate,
        resolve=addresses,
        source_address=source_address,
        web_ports=web_ports,
        scan_rate=scan_rate,
    )


def _resolved(text: str) -> tuple[str, str]:
    host, separator, address = text.partition("=")
    if not separator or not host:
        raise UserError(f"--resolve: {inert(text)}: write HOST=ADDRESS, for example shop.example=127.0.0.1")
    _address("--resolve", address)
    return host.lower(), address


def _address(option: str, text: str) -> None:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise UserError(f"{option}: {inert(text)} is not an IP address") from None

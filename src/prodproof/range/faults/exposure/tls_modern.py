"""The server still speaks the TLS of 1999."""

import ssl

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range


def old_protocol(harbour: Range) -> None:
    harbour.tls_server.accept(ssl.TLSVersion.MINIMUM_SUPPORTED, "ECDHE+AESGCM:ECDHE+AES:@SECLEVEL=0")


def no_forward_secrecy(harbour: Range) -> None:
    harbour.tls_server.accept(suites="ECDHE+AESGCM:ECDHE+CHACHA20:AES256-GCM-SHA384:ECDHE-ECDSA-AES256-SHA384")


def stop(harbour: Range) -> None:
    harbour.tls_server.stop()


FAULT = Fault(
    guarantee="exposure.tls-modern",
    breaks=old_protocol,
    says="accepts TLSv1",
    variants=(no_forward_secrecy,),
    withdraws=stop,
    reason=Reason.UNREACHABLE,
    needs=("tls_server",),
)

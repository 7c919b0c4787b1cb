"""The firewall (security groups, iptables/nftables/ufw) lets in just what an external scan confirms.

Risk: TODO.
Verified: The rules that are effective for the vantage's source address, over all layers (security groups, network
lists, nftables, what Docker adds beside ufw), and the listeners, are compared with the external scan, port by
port.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.firewall-matches-outside",
    seeds="M-N7",
    proof="inside+outside",
    severity="medium",
    module=__name__,
)

"""The firewall (security groups, iptables/nftables/ufw) lets in just what an external scan confirms.

Risk: The firewall that you read and the firewall that works are often two: Docker opens ports behind ufw's back.
Verified: The rules that are effective for the vantage's source address, over all layers (security groups, network
lists, nftables, what Docker adds beside ufw), and the listeners, are compared with the external scan, port by
port.
Mend: Compare the rules with an external scan after each change, and bind containers to 127.0.0.1 unless they are
public.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "exposure.firewall-matches-outside",
    seeds="M-N7",
    proof="inside+outside",
    severity="high",
    module=__name__,
)

"""Each production SSH key belongs to one person (or to one owned machine with a forced command), is of a strong type
and is rotated.

Risk: A shared SSH key cannot be taken from one person, and an old one may lie on machines that left the company.
Verified: Effective sshd settings (sshd -T), authorized keys and key commands or the certificate authority,
matched to people by fingerprint; age from first sight, configuration history or certificate validity, else
unknown; DSA and RSA under 2048 are findings; a password login is tried and must be refused.
Mend: Use a certificate authority or one key per person, ed25519, with PasswordAuthentication no; give machine
keys a forced command and an owner.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "access.ssh-keys-personal",
    seeds="M-A8",
    proof="active",
    severity="high",
    module=__name__,
)

"""Uploads are checked by type and size, stored outside the public web directory, and never run or rendered as active
content.

Risk: TODO.
Verified: Declared upload routes receive an oversized file, a disguised script, an SVG with script, a polyglot, a
path-traversal name and a decompression bomb (bounded): each must be refused or come back inert, from another
origin or as an attachment.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.uploads-validated",
    seeds="M-P7",
    proof="active",
    severity="medium",
    module=__name__,
)

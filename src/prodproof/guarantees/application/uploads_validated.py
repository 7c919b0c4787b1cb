"""Uploads are checked by type and size, stored outside the public web directory, and never run or rendered as active
content.

Risk: An uploaded page that is served back from your own address runs with your users' sessions.
Verified: Declared upload routes receive an oversized file, a disguised script, an SVG with script, a polyglot, a
path-traversal name and a decompression bomb (bounded): each must be refused or come back inert, from another
origin or as an attachment.
Mend: Check type by content and size, store under generated names outside the web root or in a bucket, and serve
from another origin as an attachment.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "application.uploads-validated",
    seeds="M-P7",
    proof="active",
    severity="high",
    module=__name__,
)

"""Spark authenticates, encrypts traffic and spills, and protects its user interface.

Risk: TODO.
Verified: spark-defaults and the effective configuration of a session.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.spark-secured",
    seeds="H-guide-DataPipeline",
    proof="inside",
    severity="medium",
    module=__name__,
)

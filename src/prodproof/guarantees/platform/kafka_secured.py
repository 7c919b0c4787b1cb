"""Kafka listens only with TLS and authentication, and access lists deny by default.

Risk: TODO.
Verified: Broker configuration files and, where connected, the broker's answers.
Mend: TODO.
"""

from prodproof.verdicts import planned

GUARANTEE = planned(
    "platform.kafka-secured",
    seeds="H-guide-DataPipeline",
    proof="inside",
    severity="medium",
    module=__name__,
)

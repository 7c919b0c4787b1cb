"""Kafka listens without TLS."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

BROKER = "kafka/server.properties"
COMPOSE = """\
services:
  kafka:
    image: apache/kafka:4.0.0
    environment:
      KAFKA_LISTENERS: PLAINTEXT://:9092
"""
STRIMZI = """\
apiVersion: kafka.strimzi.io/v1beta2
kind: Kafka
metadata:
  name: events
spec:
  kafka:
    listeners:
      - {name: plain, port: 9092, type: internal, tls: false}
    authorization:
      type: simple
"""

FAULT = Fault(
    guarantee="platform.kafka-secured",
    breaks=lambda harbour: harbour.repo.replace(BROKER, "listeners=CLIENTS://:9093,", "listeners=PLAINTEXT://:9092,"),
    says="accepts PLAINTEXT",
    variants=(
        lambda harbour: harbour.repo.replace(BROKER, "CLIENTS:SASL_SSL", "CLIENTS:SASL_PLAINTEXT"),
        lambda harbour: harbour.repo.replace(BROKER, "listener.name.controller.ssl.client.auth=required\n", ""),
        lambda harbour: harbour.repo.replace(BROKER, "authorizer.class.name=", "#"),
        lambda harbour: harbour.repo.replace(BROKER, "log.dirs", "allow.everyone.if.no.acl.found=true\nlog.dirs"),
        lambda harbour: harbour.repo.write("events/compose.yml", COMPOSE),
        lambda harbour: harbour.repo.write("k8s/kafka.yaml", STRIMZI),
    ),
    withdraws=lambda harbour: harbour.repo.garble(BROKER),
    reason=Reason.INCOMPLETE,
)

"""Kafka listens without TLS."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

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


def plaintext_listener(harbour: Range) -> None:
    harbour.repo.replace(BROKER, "listeners=CLIENTS://:9093,", "listeners=PLAINTEXT://:9092,")


def passwords_without_tls(harbour: Range) -> None:
    harbour.repo.replace(BROKER, "CLIENTS:SASL_SSL", "CLIENTS:SASL_PLAINTEXT")


def controller_asks_for_no_certificate(harbour: Range) -> None:
    harbour.repo.replace(BROKER, "listener.name.controller.ssl.client.auth=required\n", "")


def no_authorizer(harbour: Range) -> None:
    harbour.repo.replace(BROKER, "authorizer.class.name=", "#")


def everyone_allowed_without_acl(harbour: Range) -> None:
    harbour.repo.replace(BROKER, "log.dirs", "allow.everyone.if.no.acl.found=true\nlog.dirs")


def plaintext_broker_in_compose(harbour: Range) -> None:
    harbour.repo.write("events/compose.yml", COMPOSE)


def plaintext_listener_in_strimzi(harbour: Range) -> None:
    harbour.repo.write("k8s/kafka.yaml", STRIMZI)


def broker_configuration_unreadable(harbour: Range) -> None:
    harbour.repo.garble(BROKER)


FAULT = Fault(
    guarantee="platform.kafka-secured",
    breaks=plaintext_listener,
    says="accepts PLAINTEXT",
    subject="file:kafka/server.properties",
    variants=(
        passwords_without_tls,
        controller_asks_for_no_certificate,
        no_authorizer,
        everyone_allowed_without_acl,
        plaintext_broker_in_compose,
        plaintext_listener_in_strimzi,
    ),
    withdraws=broker_configuration_unreadable,
    reason=Reason.INCOMPLETE,
    touches=("supply.updates-automated",),
)

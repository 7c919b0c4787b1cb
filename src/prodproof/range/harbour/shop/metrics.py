"""Numbers for Prometheus. They are read at the internal service only.

With several processes each writes to the folder PROMETHEUS_MULTIPROC_DIR, and the internal service adds them up.
"""

import os
from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.utils import timezone
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REQUESTS = Counter("harbour_http_requests", "Answers to visitors.", ("method", "view", "status"))
SECONDS = Histogram("harbour_http_request_seconds", "Time to answer.", ("view",))
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def observe(method: str, view: str, status: int, seconds: float) -> None:
    """Count one answer. A method that nobody knows counts as `other`, so that visitors cannot make series."""
    REQUESTS.labels(method if method in _METHODS else "other", view, status).inc()
    SECONDS.labels(view).observe(seconds)


class Jobs(Collector):
    """What waits for the worker, from the database: true also while no worker runs."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        from shop.models import Job

        now = timezone.now()
        waiting = Q(failed_at=None)
        found = Job.objects.aggregate(
            waiting=Count("pk", filter=waiting),
            failed=Count("pk", filter=~waiting),
            oldest=Min("created_at", filter=waiting),
        )
        jobs = GaugeMetricFamily("harbour_jobs", "Jobs, by state.", labels=("state",))
        jobs.add_metric(("waiting",), found["waiting"])
        jobs.add_metric(("failed",), found["failed"])
        yield jobs
        age = (now - found["oldest"]).total_seconds() if found["oldest"] else 0
        yield GaugeMetricFamily("harbour_oldest_job_seconds", "Age of the oldest job that waits.", age)


def exposition() -> bytes:
    """All numbers in Prometheus' text format."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    jobs = CollectorRegistry()
    jobs.register(Jobs())
    return generate_latest(registry) + generate_latest(jobs)

"""The queue of the background worker, in the shop's own database.

A job is written in the transaction of what it follows from, so neither is there without the other. Who takes a job up
moves its `run_after` by LEASE; a worker that dies leaves it, and it is taken up again when that has passed. So a task
may run twice: each looks first whether its work is done. Works on SQLite and PostgreSQL.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from shop.audit import audit
from shop.models import Heartbeat, Job, Order

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 8
BEAT = timedelta(seconds=5)
_LOGGER = logging.getLogger(__name__)


def send_confirmation(order: int) -> None:
    """Tell the customer that we have the order and the money; once."""
    found = Order.objects.select_related("customer", "product").filter(pk=order, confirmed_at=None).first()
    if found is None:
        return
    text = render_to_string("shop/confirmation.txt", {"order": found})
    send_mail(f"Harbour: your order {found.pk}", text, None, [found.customer.email])
    Order.objects.filter(pk=order).update(confirmed_at=timezone.now())
    audit("worker", "order.confirmed", f"order:{order}")


class OnPurposeError(Exception):
    """Nothing is wrong."""


def fail_on_purpose(token: str, note: str) -> None:
    """Fail, so that it can be proven that no argument of a job gets into a log; the note may."""
    raise OnPurposeError(f"asked to fail: {note}")


TASKS: dict[str, Callable[..., None]] = {"send_confirmation": send_confirmation, "fail_on_purpose": fail_on_purpose}


def beat() -> None:
    """Write down that the database takes writes now."""
    now = timezone.now()
    if not Heartbeat.objects.filter(at__gt=now - BEAT).exists() and not Heartbeat.objects.update(at=now):
        Heartbeat.objects.create(at=now)


def enqueue(task: Callable[..., None], **arguments: Any) -> None:
    """Order work. Raises KeyError for a function that is no task."""
    if task.__name__ not in TASKS:
        raise KeyError(task.__name__)
    Job.objects.create(task=task.__name__, arguments=arguments)


def take() -> Job | None:
    """The next job that is due, which nobody else takes up for now."""
    now = timezone.now()
    for job in Job.objects.filter(failed_at=None, run_after__lte=now).order_by("run_after", "pk")[:10]:
        same = Job.objects.filter(pk=job.pk, run_after=job.run_after, failed_at=None)
        if same.update(run_after=now + LEASE, attempts=F("attempts") + 1):
            job.refresh_from_db()
            return job
    return None


def run_next() -> bool:
    """Carry one job out; False when none is due. What fails is tried again later, eight times, and then given up."""
    job = take()
    if job is None:
        return False
    try:
        with transaction.atomic():
            TASKS[job.task](**job.arguments)
    except Exception:  # whatever a task raises, the next job must run
        _LOGGER.exception("job %s failed, attempt %s", job, job.attempts)
        if job.task == fail_on_purpose.__name__:
            job.delete()
            return True
        if job.attempts >= MAX_ATTEMPTS:
            job.failed_at = timezone.now()
            audit("worker", "job.given-up", f"job:{job.pk}", outcome="failed")
        job.run_after = timezone.now() + timedelta(seconds=15) * 2**job.attempts
        job.save(update_fields=("failed_at", "run_after"))
    else:
        job.delete()
    return True

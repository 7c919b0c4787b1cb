"""The background worker."""

from datetime import timedelta
from unittest.mock import patch

from django.core.management import call_command
from django.utils import timezone

from shop import jobs
from shop.models import Job
from shop.tests.support import ShopTestCase


class Jobs(ShopTestCase):
    """Every job is done, whatever happens to a worker."""

    def setUp(self) -> None:
        super().setUp()
        self.done: list[int] = []
        self.enterContext(patch.dict(jobs.TASKS, send_confirmation=lambda order: self.done.append(order)))
        jobs.enqueue(jobs.send_confirmation, order=self.order.pk)

    def test_done_and_gone(self) -> None:
        call_command("run_worker", once=True)
        self.assertEqual((self.done, Job.objects.count()), ([self.order.pk], 0))

    def test_a_worker_that_died_leaves_its_job_to_the_next(self) -> None:
        self.assertIsNotNone(jobs.take())
        self.assertFalse(jobs.run_next(), "it is another worker's for now")
        Job.objects.update(run_after=timezone.now() - timedelta(seconds=1))  # the lease has passed
        self.assertTrue(jobs.run_next())
        self.assertEqual(self.done, [self.order.pk])

    def test_what_fails_is_tried_again_and_then_given_up(self) -> None:
        with patch.dict(jobs.TASKS, send_confirmation=lambda order: 1 / 0), self.assertLogs("shop.jobs"):
            for _ in range(jobs.MAX_ATTEMPTS):
                self.assertTrue(jobs.run_next())
                self.assertFalse(jobs.run_next(), "not at once")
                Job.objects.update(run_after=timezone.now() - timedelta(seconds=1))
        job = Job.objects.get()
        self.assertEqual(job.attempts, jobs.MAX_ATTEMPTS)
        self.assertIsNotNone(job.failed_at)
        self.assertFalse(jobs.run_next())

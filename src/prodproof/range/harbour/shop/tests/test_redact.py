"""What is logged and told to the error tracker holds nothing that could be a secret."""

import logging
import secrets
import sys
from typing import Any

from django.test import Client, SimpleTestCase

from shop.models import Job, PaymentNotice
from shop.redact import RedactingFormatter, redacted, scrub
from shop.tests.support import ShopTestCase

TOKEN = "aB3" + secrets.token_hex(20)


class Redacted(SimpleTestCase):
    """By shape, wherever it stands."""

    def test_tokens_go_and_words_stay(self) -> None:
        for text in (TOKEN, f"Bearer {TOKEN}", f"/reset/{TOKEN}/", f"token={TOKEN}&page=2", f"Key (number)=({TOKEN})"):
            self.assertNotIn(TOKEN, redacted(text))
        for text in ("/accounts/password/reset/", "shop_paymentnotice.number", "a-quite-long-but-harmless-name-2"):
            self.assertEqual(redacted(text), text)

    def test_a_traceback_is_redacted_too(self) -> None:
        try:
            raise ValueError(f"no such token: {TOKEN}")
        except ValueError:
            record = logging.LogRecord("shop", logging.ERROR, __file__, 1, "failed %s", (TOKEN,), sys.exc_info())
        line = RedactingFormatter().format(record)
        self.assertIn("ValueError", line)
        self.assertNotIn(TOKEN, line)

    def test_an_event_keeps_where_and_loses_what(self) -> None:
        event: dict[str, Any] = {
            "message": f"failed with {TOKEN}",
            "request": {
                "url": f"https://harbour.example/orders/{TOKEN}",
                "headers": {"User-Agent": "a browser", "Authorization": f"Bearer {TOKEN}", "X-Api-Key": "short"},
                "cookies": {"__Host-sessionid": "short"},
                "data": {"password": "short"},
                "query_string": "token=short",
            },
            "extra": {"arguments": [TOKEN, {"deep": TOKEN}]},
        }
        kept = scrub(event, {})
        self.assertNotIn(TOKEN, str(kept))
        self.assertNotIn("short", str(kept))
        self.assertEqual(kept["request"]["headers"], {"User-Agent": "a browser"})


class OnPurpose(ShopTestCase):
    """The paths that fail so that it can be proven what is logged."""

    def setUp(self) -> None:
        super().setUp()
        self.client = Client(raise_request_exception=False)

    def test_each_fails_and_leaves_nothing(self) -> None:
        fields = {"token": TOKEN, "note": "a note"}
        with self.assertLogs("django.request", "ERROR"):
            self.assertEqual(self.client.post("/errors/on-purpose", fields, secure=True).status_code, 500)
            self.assertEqual(self.client.post("/errors/in-the-database", fields, secure=True).status_code, 500)
        self.assertEqual(PaymentNotice.objects.count(), 0)
        self.assertEqual(self.client.post("/errors/in-a-job", fields, secure=True).status_code, 202)
        self.assertEqual(Job.objects.get().arguments, fields)

    def test_a_job_that_fails_on_purpose_is_not_tried_again(self) -> None:
        from shop import jobs

        jobs.enqueue(jobs.fail_on_purpose, token=TOKEN, note="a note")
        with self.assertLogs("shop.jobs") as logged:
            self.assertTrue(jobs.run_next())
        self.assertEqual(Job.objects.count(), 0)
        self.assertIn("a note", "".join(logged.output))
        self.assertNotIn(TOKEN, "".join(logged.output))

    def test_forms_of_strangers_are_refused(self) -> None:
        strict = Client(enforce_csrf_checks=True, raise_request_exception=False)
        for path in ("/errors/on-purpose", "/errors/in-a-job", "/errors/in-the-database"):
            self.assertEqual(strict.post(path, {"token": TOKEN}, secure=True).status_code, 403)

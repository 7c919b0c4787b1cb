"""Third parties that the code talks to, by the packages that it depends on."""

from collections.abc import Iterator

from prodproof.facts.repository import RepositoryTree
from prodproof.system.discover.found import Found, Kind
from prodproof.system.discover.python_code import dependencies

_PACKAGES = {
    "sentry-sdk": "Sentry", "raven": "Sentry", "stripe": "Stripe", "dj-stripe": "Stripe", "braintree": "Braintree",
    "paypalrestsdk": "PayPal", "twilio": "Twilio", "sendgrid": "SendGrid", "mailjet-rest": "Mailjet",
    "postmarker": "Postmark", "mailchimp-marketing": "Mailchimp", "newrelic": "New Relic", "ddtrace": "Datadog",
    "rollbar": "Rollbar", "bugsnag": "Bugsnag", "openai": "OpenAI", "anthropic": "Anthropic",
    "algoliasearch": "Algolia",
    "firebase-admin": "Firebase", "intercom": "Intercom", "posthog": "PostHog", "analytics-python": "Segment",
    "cloudinary": "Cloudinary", "boto3": "AWS", "google-cloud-storage": "Google Cloud", "azure-storage-blob": "Azure",
}  # fmt: skip


def find(tree: RepositoryTree) -> Iterator[Found]:
    """One finding for each known package among the dependencies."""
    for package, place in dependencies(tree).items():
        if package in _PACKAGES:
            yield Found(Kind.VENDOR, _PACKAGES[package], place, package)

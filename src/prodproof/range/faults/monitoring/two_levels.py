"""All alerts routed to one mailbox."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault
from prodproof.range.range import Range

CONFIG = "monitoring/alertmanager.yml"
ONE_MAILBOX = """\
route:
  receiver: team-mailbox
receivers:
  - name: team-mailbox
    email_configs:
      - to: shop@harbour.example
"""


def one_mailbox_for_everything(harbour: Range) -> None:
    harbour.repo.write(CONFIG, ONE_MAILBOX)


def pages_to_an_unknown_receiver(harbour: Range) -> None:
    harbour.repo.replace(CONFIG, "      receiver: on-call", "      receiver: nobody")


def everything_pages_on_call(harbour: Range) -> None:
    route = 'severity=~"warning|info"\']\n      receiver: team-channel'
    harbour.repo.replace(CONFIG, route, 'team!=""\']\n      receiver: on-call')


def pages_muted_in_working_hours(harbour: Range) -> None:
    on_call = "      receiver: on-call"
    harbour.repo.replace(CONFIG, on_call, f"{on_call}\n      mute_time_intervals: [working-hours]")


def alert_routes_unreadable(harbour: Range) -> None:
    harbour.repo.garble(CONFIG)


FAULT = Fault(
    guarantee="monitoring.two-levels",
    breaks=one_mailbox_for_everything,
    says="email only",
    subject="file:monitoring/alertmanager.yml",
    variants=(pages_to_an_unknown_receiver, everything_pages_on_call, pages_muted_in_working_hours),
    withdraws=alert_routes_unreadable,
    reason=Reason.INCOMPLETE,
)

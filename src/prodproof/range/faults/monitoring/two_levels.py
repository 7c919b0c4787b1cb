"""All alerts routed to one mailbox."""

from prodproof.facts import Reason
from prodproof.range.fault import Fault

CONFIG = "monitoring/alertmanager.yml"
ONE_MAILBOX = """\
route:
  receiver: team-mailbox
receivers:
  - name: team-mailbox
    email_configs:
      - to: shop@harbour.example
"""

FAULT = Fault(
    guarantee="monitoring.two-levels",
    breaks=lambda harbour: harbour.repo.write(CONFIG, ONE_MAILBOX),
    says="email only",
    variants=(
        lambda harbour: harbour.repo.replace(CONFIG, "      receiver: on-call", "      receiver: nobody"),
        lambda harbour: harbour.repo.replace(
            CONFIG, 'severity=~"warning|info"\']\n      receiver: team-channel', 'team!=""\']\n      receiver: on-call'
        ),
        lambda harbour: harbour.repo.replace(
            CONFIG, "      receiver: on-call", "      receiver: on-call\n      mute_time_intervals: [working-hours]"
        ),
    ),
    withdraws=lambda harbour: harbour.repo.garble(CONFIG),
    reason=Reason.INCOMPLETE,
)

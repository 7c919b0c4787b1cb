"""Payments: what an order costs, the page where it is paid, and the provider's notices. See
docs/threat-models/payments.md."""

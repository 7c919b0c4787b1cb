"""Payments: what an order costs. See docs/threat-models/payments.md."""

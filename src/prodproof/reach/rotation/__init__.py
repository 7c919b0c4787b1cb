"""Credentials that are rotated: what makes them, tries them and retires them, one adapter per kind."""

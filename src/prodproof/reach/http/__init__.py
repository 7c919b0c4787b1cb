"""HTTP: one client, bounded answers, failures as data."""

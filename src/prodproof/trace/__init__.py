"""Exact-value and pattern search over streams.

`sources/` read places (git, files, databases, ...) and feed what they read into a `Sink`; the sink packs it into slabs;
matchers (`values/`, `patterns/`) search whole slabs at once; `search.py` brings them together. No value that was
searched for or found ever leaves this room: a finding carries a keyed fingerprint and a redacted line.
"""

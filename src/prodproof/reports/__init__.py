"""A finished run as text, JSON, SARIF, JUnit, Markdown or HTML.

Every format reads the same `Verification`; none of them looks at the system again.
"""

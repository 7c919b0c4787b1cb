"""The matrix: every guarantee on the range, healthy, broken and with its access withdrawn."""

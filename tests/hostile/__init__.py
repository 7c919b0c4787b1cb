"""The real command against broken, malicious and enormous input."""

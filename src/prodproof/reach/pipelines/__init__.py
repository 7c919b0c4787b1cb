"""Pipelines as files: GitHub Actions, GitLab CI, their scripts and tools."""

"""What a repository has git run before a commit: finding it, and trying it in a disposable clone."""

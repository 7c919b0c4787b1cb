"""Git repositories: their commits, files and ignore rules, through git itself."""

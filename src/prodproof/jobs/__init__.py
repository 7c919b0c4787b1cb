"""What can be asked of the runner, as data: orders, messages to a drill that runs, what came of it. Runs nothing."""

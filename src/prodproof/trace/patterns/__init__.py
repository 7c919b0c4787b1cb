"""What looks like a secret: the rule pack and its engine."""

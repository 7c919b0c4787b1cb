"""What a database holds, seen so that two copies of it can be compared: objects, rows, sequences, keys."""

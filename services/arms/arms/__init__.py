"""The arms: what turns a task's contract into an outcome."""

"""The Orchestrator: takes tasks, keeps them, has them worked on, hands back checked results."""

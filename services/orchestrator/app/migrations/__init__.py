"""Alembic revisions of our tables."""

"""The HTTP doors, one file a noun."""

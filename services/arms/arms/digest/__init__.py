"""An arm that reads a log, CSV, JSON or plain text and says what is in it, without a model."""

from arms.digest.arm import Digest

__all__ = ["Digest"]

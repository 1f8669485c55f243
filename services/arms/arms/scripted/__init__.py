"""A model provider that follows a script: real HTTP on loopback, in OpenAI's formats.

For tests, the demo and benchmarks. It needs the extra `scripted`; nothing else imports it.
"""

from arms.scripted.ledger import Entry, Ledger, State, read_journal
from arms.scripted.provider import ScriptedProvider
from arms.scripted.request import ModelRequest
from arms.scripted.script import Reply, Script, ToolCall

__all__ = [
    "Entry",
    "Ledger",
    "ModelRequest",
    "Reply",
    "Script",
    "ScriptedProvider",
    "State",
    "ToolCall",
    "read_journal",
]

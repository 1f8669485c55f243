"""What words of any language can mean to an attack, and how a language says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Concept(StrEnum):
    """The acts and objects that attacks are made of; rules join them, whatever the language."""

    # Acts: what the reader is told to do.
    OVERRIDE = "override"
    """Ignore, disregard, forget, bypass, overwrite, no longer follow."""
    REVEAL = "reveal"
    """Reveal, disclose, leak, expose, dump: to give away what is kept."""
    TELL = "tell"
    """Show, print, output, repeat, tell, write out, translate: weaker than REVEAL."""
    BECOME = "become"
    """You are now, act as, pretend to be, play the role of, imagine you are, behave like."""
    ENABLE = "enable"
    """Activate, switch to, enter, unlock, turn on."""
    DISABLE = "disable"
    """Turn off, deactivate, remove, lift, switch off."""
    SEND = "send"
    """Send, forward, e-mail, upload, post, transmit."""
    SAY_ONLY = "say_only"
    """Just say, only answer with, reply only with, print exactly."""

    # Objects: what the act is done to.
    INSTRUCTIONS = "instructions"
    """Instructions, prompt, rules, directives, guidelines, orders, commands."""
    EARLIER = "earlier"
    """Previous, prior, above, earlier, initial, original, so far, given before, until now."""
    ALL = "all"
    """All, every, any, everything."""
    YOUR = "your"
    """Your (of the reader), in every form."""
    EVERYTHING_SAID = "everything_said"
    """Everything I said, all that was written above, what you were told before."""
    SYSTEM_PROMPT = "system_prompt"
    """System prompt, system message, initial prompt, hidden or secret instructions."""
    SAFETY = "safety"
    """Restrictions, filters, limits, safety rules, ethics, moderation, censorship, policies."""
    FREE = "free"
    """Without restrictions, no rules, unfiltered, uncensored, free of limits, can do anything."""
    MODE = "mode"
    """Developer mode, god mode, debug mode, admin mode, jailbreak."""
    SECRET = "secret"  # noqa: S105 -- a concept
    """Password, secret key, API key, credentials, access code, confidential data."""
    RECORDS = "records"
    """The conversation, the chat history, other users' data, messages, the memory."""
    AUTHORITY = "authority"
    """I am the administrator, your developer, your creator; this is the system speaking."""
    NEW_ORDERS = "new_orders"
    """New instructions, new task, instead do, from now on."""

    VERBATIM = "verbatim"
    """Word for word, verbatim, in full: how no text is asked for but that of another."""

    # Qualifiers: what they stand at is less than it says; `lexicon.qualifiers` has them.
    NOT = "not"
    """Do not, never: forbids the act that follows at once."""
    NOT_AFTER = "not_after"
    """Forbids the act that it follows at once."""
    NEVER = "never"
    """Forbids an act that ends its clause, the object between them, as in German and Dutch."""
    REMINDER = "reminder"
    """Do not forget, never forget, remember not to neglect: no act, whatever it reminds of."""
    ABOUT = "about"
    """About, concerning: all that is known of one topic is not all that was said."""
    DEVICE = "device"
    """A telephone, a console, a game: its developer mode is its own."""
    AFTER_TOPIC = "after_topic"
    """The same in languages where it follows the topic, and so precedes what is known of it."""


Script = Literal["spaced", "joined"]


@dataclass(frozen=True)
class Language:
    """How one language says the concepts.

    A phrase is written in lower case, its words separated by one space; signs between words of a
    text do not matter. A word ending in `*` stands for all that begin so. Words begin and end at
    a word boundary, except in a `joined` script, which writes none (Chinese, Japanese, Thai).
    """

    code: str
    """ISO 639-1, with `-latn` for a romanised form."""
    words: Mapping[Concept, tuple[str, ...]]
    script: Script = "spaced"

"""Phrases of other languages that stand in English texts as well, by the same letters.

They say nothing about the language of a text: what is made of these and English alone is left to
the rules, as English is.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.injection.lexicon.phrases import phrases

ENGLISH_TOO: Final = frozenset(
    phrases(
        "active, al, begin, ben admin, cancell, cite, code secret, come, complete, confidential user",
        "dating, emula, execute, go, handle, her, i activate, i bypass, i disable, i disregard",
        "i email, i enable, i forward, i ignore, i off, i on, i output, i override, i print",
        "i repeat, i send, i upload, imagine, immoral, imperson, invite, log chat, mail at",
        "main hi admin, manda, may, me switch, mode admin, mode administrator, mode dan, mode debug",
        "mode dev, mode developer, mode jailbreak, mode maintenance, mode root, no limit mode",
        "no limits mode, noon, once, open, opera come, opera in, output do, pretends, prompt an",
        "prompt cache, prompt initial, prompt internal, prompt original, prompt secret",
        "prompt system, protection, retire, simul, sir, stop met, stopp, system prompt",
        "system prompt leak, system prompt print, system prompt reveal, todo, word, word by word",
        "yes lang, die u",
    )
)

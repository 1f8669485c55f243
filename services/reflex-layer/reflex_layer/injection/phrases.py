"""Words that several types of rule share; each is to be put inside `phrase`.

A blank stands for whatever may stand between two words, see `phrase`.
"""

from __future__ import annotations

from typing import Final

DROP: Final = (
    "ignore|disregard|forget(?: about)?|override|overrule|neglect|discard|dismiss|abandon|ditch"
    "|disobey|set aside|put aside|lay aside|leave aside|pay no (?:attention|heed) to|take no notice"
    " of|(?:do not|don't|dont|stop|quit|no longer|never)"
    " (?:follow|obey|heed|comply with|adhere to|abide by|listen to|respect)(?:ing)?|stop"
    " (?:following|obeying|listening to|adhering to|complying with)|never mind|nevermind|throw"
    " (?:away|out)|unlearn|ignoring|disregarding|forgetting|instead of"
    " (?:following|obeying)|nullify|revoke|cancel|suspend|void"
)
"""Acts that do away with an instruction."""

ABOUT: Final = r"(?:about|regarding|concerning|on the subject of|with regard to)\b"
"""What narrows everything to one topic; all that one knows of it is no instruction."""

OTHERS: Final = (
    r"(?:(?:given|issued|received|sent|made|provided) )?(?:to (?:it|him|her|them) )?(?:by|from|of)"
    r" (?:(?:any|other|all|such|those|unauthori[sz]ed) )*(?:persons?|people|anyone|anybody|part(?:y|ies)"
    r"|third|others|someone|somebody|individuals?|entit(?:y|ies))"
)
"""Who gives instructions that a contract has its parties disregard."""

LOOSE_DROP: Final = (
    "bypass|circumvent|overwrite|remove|delete|erase|wipe|clear|reset|drop|skip|omit|break"
    "|break free (?:of|from)|violate|scrap|disable|deactivate|turn off|switch off|go beyond"
    "|evade|get around"
)
"""Acts that do so as well, and are done to code and data every day."""

EARLIER: Final = (
    r"(?:previous|prior|above|earlier|preceding|foregoing|initial|original|former|past|existing"
    r"|previously|pre-?existing|above-?mentioned|aforementioned|old|preset|default)"
)
"""What makes an instruction one that was given before."""

ORDERS: Final = (
    r"(?:instructions?|prompts?|directions?|directives?|guidelines?|guidance|orders"
    r"|programming|guardrails|safeguards|instructs|conditioning)"
)
"""What a model was told to do, in words that are rarely anything else."""

RULES: Final = r"(?:rules?|commands?|constraints?|restrictions?|policies|policy|requirements?)"
"""The same in words that are a matter of code and law, too."""

LIMITS: Final = (
    r"(?:restrictions?|rules?|limits|limitations?|filters?|filtering|guidelines|ethics|morals?"
    r"|morality|censorship|censoring|boundaries|constraints?|confines|safeguards|guardrails"
    r"|content polic(?:y|ies)|polic(?:y|ies)|moderation|moral compass|inhibitions|shackles"
    r"|principles|safety (?:protocols?|measures|features|filters?|settings)|protocols)"
)
"""What holds a model back."""

TELL: Final = (
    "reveal|show(?: me| us)?|print(?: out)?|display|output|repeat(?: back)?|tell (?:me|us)"
    "|give (?:me|us)|disclose|leak|dump|expose|recite|divulge|echo|spell(?: out)?|read"
    " (?:out|back|aloud)|list|enumerate|state|regurgitate|reproduce|restate|recall|reiterate"
    "|confess|unveil|describe"
)
"""Acts that give something away."""

HAND_OVER: Final = (
    "share|return|write(?: out| down)?|type(?: out)?|copy|quote|paste|provide|summari[sz]e"
    "|translate|encode|encrypt|convert|respond with|reply with|answer with|start with|include"
    "|send(?: me| us)?|paraphrase|rephrase|rewrite|reword|explain|outline|put|post|render"
    "|transcribe|export|format|replicate|say|speak|sing|draw|make|see|read|know|get|access|view"
)
"""Acts that do so as well, and are asked for every day."""

SECRET: Final = (
    r"(?:pass(?:word|phrase|code)s?|pass (?:phrase|code)|access code|access key|secret"  # noqa: S105 -- a pattern
    r"(?: (?:key|code|word|phrase|password|token|information|value|string|message))?|code(?: )?words?"
    r"|security code|keyword|api key|flag|magic word|entry code|hidden (?:word|code|key))"
)
"""What a reader is told to keep to itself."""

LAWLESS: Final = (
    r"(?:unrestricted|unfiltered|uncensored|jailbroken|amoral|immoral|unethical|unbound|unbounded"
    r"|unshackled|unchained|unlimited|unhinged|lawless|ruthless|evil|malicious)"
)
"""What a model is said to be that nothing holds back."""

MODE: Final = (
    r"(?:developer|god|jailbreak|jailbroken|dan|unrestricted|unfiltered|uncensored|opposite|evil"
    r"|anarchy|chaos|free|unlimited|no limits?|debug|debugging|maintenance|admin|root|sudo|super"
    r"|unethical|rebel|dev)"
)
"""What the mode is called in which nothing is refused."""

WRONG: Final = (
    r"(?:illegal|unethical|immoral|amoral|dangerous|harmful|offensive|inappropriate|unlawful"
    r"|controversial|toxic|inhumane|explicit|violent|nsfw|hateful|evil|racist|derogatory|criminal"
    r"|legality|morality|ethicality|ethics|profane|sexual|forbidden|prohibited|malicious|sensitive)"
)
"""What jailbreaks boast that an answer may be."""

"""How languages forbid an act, and how they say that something is not to be forgotten.

English has its own in `injection.negation`. A language that forbids by a form of the verb alone, as
Turkish and Arabic do, needs no entry: its lexicon holds no such form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.lexicon.phrases import phrases


class _Negations(NamedTuple):
    """What forbids an act after it, what one before it, and what is no act but a reminder."""

    before: str
    after: str
    reminders: str


_OF: Final[Mapping[str, _Negations]] = {
    "de": _Negations(
        "nicht, nie, niemals, nicht zu, nie zu, niemals zu, keinesfalls, auf keinen fall, ohne zu",
        "nicht, nie, niemals, bitte nicht, auf keinen fall, keinesfalls, sie nicht, sie niemals",
        "vergiss nicht, vergiss nie, vergiss niemals, vergiss bitte nicht, vergiss ja nicht"
        ", vergesst nicht, vergesst nie, vergesst niemals, vergesse nicht, vergesse nie"
        ", vergessen sie nicht, vergessen sie nie, vergessen sie niemals, vergessen sie bitte nicht"
        ", vergessen wir nicht, nicht vergessen, nie vergessen, niemals vergessen"
        ", nicht zu vergessen, nie zu vergessen, ohne zu vergessen",
    ),
    "fr": _Negations(
        "ne, ne pas, ne jamais, ne surtout pas, sans, sans jamais",
        "",
        "n oublie pas, n oublie jamais, n oubliez pas, n oubliez jamais, n oublions pas"
        ", n oublie surtout pas, ne pas oublier, ne jamais oublier, ne pas négliger, sans oublier",
    ),
    "es": _Negations(
        "no, nunca, jamás, no debes, nunca debes, no hay que, sin",
        "",
        "no olvides, no olvide, no olviden, no olvidar, no olvidéis, no te olvides, no se olvide"
        ", no se olviden, nunca olvides, nunca olvide, nunca olvidar, jamás olvides, jamás olvide"
        ", sin olvidar, no hay que olvidar, no debes olvidar, no omitas, no omita",
    ),
    "it": _Negations(
        "non, mai, non devi, non devi mai, non bisogna, non deve, senza",
        "mai",
        "non dimenticare, non dimenticarti, non dimenticate, non dimentichi, non ti dimenticare"
        ", non si dimentichi, non dimenticatevi, mai dimenticare, non dimenticare mai"
        ", non dimenticarti mai, senza dimenticare, non scordare, non scordarti, non ti scordare"
        ", non scordate, non scordi, non trascurare, non trascurate, non tralasciare",
    ),
    "pt": _Negations(
        "não, nunca, jamais, não deve, não deves, nunca deve, sem",
        "",
        "não esqueça, não esqueças, não esqueçam, não esqueça se, não se esqueça, não se esqueçam"
        ", não te esqueças, não esquecer, nunca esqueça, nunca esqueças, nunca se esqueça"
        ", nunca te esqueças, jamais esqueça, sem esquecer, não se esquecer, não omita",
    ),
    "nl": _Negations(
        "niet, nooit, niet te, nooit te, zonder te",
        "niet, nooit, alstublieft niet, alsjeblieft niet",
        "vergeet niet, vergeet nooit, niet vergeten, nooit vergeten, niet te vergeten"
        ", zonder te vergeten, vergeet alsjeblieft niet, vergeet alstublieft niet",
    ),
    "pl": _Negations(
        "nie, nigdy nie, nie wolno, nie wolno ci, nie należy, nie możesz, bez",
        "",
        "nie zapomnij, nie zapomnijcie, nie zapominaj, nie zapominajcie, nie zapomnieć"
        ", nie zapominać, nigdy nie zapominaj, nigdy nie zapomnij, proszę nie zapomnieć",
    ),
    "ru": _Negations(
        "не, никогда не, нельзя, не надо, не нужно, не стоит",
        "нельзя",
        "не забудь*, не забывай*, не забыть, не забывать, не позабудь*, никогда не забывай*",
    ),
    "id": _Negations(
        "jangan, jangan pernah, jangan sampai, tidak boleh, tanpa",
        "",
        "jangan lupa, jangan lupakan, jangan pernah lupa, jangan pernah lupakan, jangan melupakan"
        ", jangan sampai lupa, tidak lupa",
    ),
    "vi": _Negations(
        "đừng, đừng bao giờ, không được, chớ, không nên", "", "đừng quên, đừng bao giờ quên"
    ),
    "tl": _Negations(
        "huwag, huwag mong, wag, wag mong", "", "huwag kalimutan, huwag mong kalimutan"
    ),
    "zh": _Negations(
        "不要, 别, 勿, 切勿, 请勿, 不能, 不得, 不可, 不许, 千万别, 千万不要",
        "",
        "不要忘记, 不要忘了, 不要忘掉, 别忘了, 别忘记, 勿忘, 请勿忘记, 不能忘记, 不可忘记",
    ),
    "ja": _Negations(
        "", "", "忘れないで, 忘れずに, 忘れるな, 忘れてはいけ, 忘れてはなら, お忘れなく"
    ),
    "ko": _Negations("", "마, 마세요, 마라, 마십시오, 말고, 말아, 말아라, 말아줘, 말아요", ""),
    "th": _Negations("อย่า, ห้าม", "", "อย่าลืม, ห้ามลืม"),
    "hi": _Negations("मत, न, नहीं", "मत, न, नहीं", "मत भूल*, न भूल*, भूलना मत, भूलना नहीं"),
    "hi-latn": _Negations(
        "mat", "mat", "mat bhool*, mat bhul*, na bhool*, bhoolna mat, bhulna mat"
    ),
}


def negations(code: str) -> Iterable[tuple[Concept, tuple[str, ...]]]:
    """Yield how a language negates, by concept; nothing for one that needs or has no entry."""
    of = _OF.get(code, _Negations("", "", ""))
    for concept, listed in zip(_CONCEPTS, of, strict=True):
        if listed:
            yield concept, phrases(listed)


_CONCEPTS: Final = (Concept.NOT, Concept.NOT_AFTER, Concept.REMINDER)

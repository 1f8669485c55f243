"""How languages forbid an act, say that something is not to be forgotten, and name a topic.

English has its own in `injection.negation` and the rules. Where a form of the verb forbids, as in
Turkish and Arabic, nothing is listed: the lexicon holds no such form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.lexicon.phrases import phrases


class _Qualifiers(NamedTuple):
    """What forbids an act after it, what one before it, what is no act but a reminder; what names
    a topic, as a preposition, and as a postposition; and what forbids all to the end of a clause.
    """

    before: str = ""
    after: str = ""
    reminders: str = ""
    about: str = ""
    after_topic: str = ""
    never: str = ""


_OF: Final[Mapping[str, _Qualifiers]] = {
    "de": _Qualifiers(
        "nicht, nie, niemals, nicht zu, nie zu, niemals zu, keinesfalls, auf keinen fall, ohne zu",
        "nicht, nie, niemals, bitte nicht, auf keinen fall, keinesfalls, sie nicht, sie niemals",
        "vergiss nicht, vergiss nie, vergiss niemals, vergiss bitte nicht, vergiss ja nicht"
        ", vergesst nicht, vergesst nie, vergesst niemals, vergesse nicht, vergesse nie"
        ", vergessen sie nicht, vergessen sie nie, vergessen sie niemals, vergessen sie bitte nicht"
        ", vergessen wir nicht, nicht vergessen, nie vergessen, niemals vergessen"
        ", nicht zu vergessen, nie zu vergessen, ohne zu vergessen",
        "über, bezüglich, zum thema, hinsichtlich",
        never="nie, niemals, keinesfalls, auf keinen fall, unter keinen umständen",
    ),
    "fr": _Qualifiers(
        "ne, ne pas, ne jamais, ne surtout pas, sans, sans jamais",
        "",
        "n oublie pas, n oublie jamais, n oubliez pas, n oubliez jamais, n oublions pas"
        ", n oublie surtout pas, ne pas oublier, ne jamais oublier, ne pas négliger, sans oublier",
        "sur, au sujet de, à propos de, à propos du, au sujet du, concernant",
    ),
    "es": _Qualifiers(
        "no, nunca, jamás, no debes, nunca debes, no hay que, sin",
        "",
        "no olvides, no olvide, no olviden, no olvidar, no olvidéis, no te olvides, no se olvide"
        ", no se olviden, nunca olvides, nunca olvide, nunca olvidar, jamás olvides, jamás olvide"
        ", sin olvidar, no hay que olvidar, no debes olvidar, no omitas, no omita",
        "sobre, acerca de, acerca del, respecto a, respecto al",
    ),
    "it": _Qualifiers(
        "non, mai, non devi, non devi mai, non bisogna, non deve, senza",
        "mai",
        "non dimenticare, non dimenticarti, non dimenticate, non dimentichi, non ti dimenticare"
        ", non si dimentichi, non dimenticatevi, mai dimenticare, non dimenticare mai"
        ", non dimenticarti mai, senza dimenticare, non scordare, non scordarti, non ti scordare"
        ", non scordate, non scordi, non trascurare, non trascurate, non tralasciare",
        "su, sul, sullo, sulla, sui, sugli, sulle, riguardo, circa",
    ),
    "pt": _Qualifiers(
        "não, nunca, jamais, não deve, não deves, nunca deve, sem",
        "",
        "não esqueça, não esqueças, não esqueçam, não esqueça se, não se esqueça, não se esqueçam"
        ", não te esqueças, não esquecer, nunca esqueça, nunca esqueças, nunca se esqueça"
        ", nunca te esqueças, jamais esqueça, sem esquecer, não se esquecer, não omita",
        "sobre, acerca de, acerca do, acerca da, a respeito de, a respeito do, a respeito da",
    ),
    "nl": _Qualifiers(
        "niet, nooit, niet te, nooit te, zonder te",
        "niet, nooit, alstublieft niet, alsjeblieft niet",
        "vergeet niet, vergeet nooit, niet vergeten, nooit vergeten, niet te vergeten"
        ", zonder te vergeten, vergeet alsjeblieft niet, vergeet alstublieft niet",
        "over, omtrent",
        never="nooit, in geen geval",
    ),
    "pl": _Qualifiers(
        "nie, nigdy nie, nie wolno, nie wolno ci, nie należy, nie możesz, bez",
        "",
        "nie zapomnij, nie zapomnijcie, nie zapominaj, nie zapominajcie, nie zapomnieć"
        ", nie zapominać, nigdy nie zapominaj, nigdy nie zapomnij, proszę nie zapomnieć",
        "o, na temat",
    ),
    "ru": _Qualifiers(
        "не, никогда не, нельзя, не надо, не нужно, не стоит",
        "нельзя",
        "не забудь*, не забывай*, не забыть, не забывать, не позабудь*, никогда не забывай*",
        "о, об, обо, про, насчет",
    ),
    "id": _Qualifiers(
        "jangan, jangan pernah, jangan sampai, tidak boleh, tanpa",
        "",
        "jangan lupa, jangan lupakan, jangan pernah lupa, jangan pernah lupakan, jangan melupakan"
        ", jangan sampai lupa, tidak lupa",
        "tentang, mengenai, soal",
    ),
    "vi": _Qualifiers(
        "đừng, đừng bao giờ, không được, chớ, không nên", "", "đừng quên, đừng bao giờ quên", "về"
    ),
    "tl": _Qualifiers(
        "huwag, huwag mong, wag, wag mong",
        "",
        "huwag kalimutan, huwag mong kalimutan",
        "tungkol sa, tungkol kay",
    ),
    "zh": _Qualifiers(
        "不要, 别, 勿, 切勿, 请勿, 不能, 不得, 不可, 不许, 千万别, 千万不要",
        "",
        "不要忘记, 不要忘了, 不要忘掉, 别忘了, 别忘记, 勿忘, 请勿忘记, 不能忘记, 不可忘记",
        "关于, 有关",
    ),
    "ja": _Qualifiers(
        "",
        "",
        "忘れないで, 忘れずに, 忘れるな, 忘れてはいけ, 忘れてはなら, お忘れなく",
        "",
        "について, に関して, に関する",
    ),
    "ko": _Qualifiers("", "마, 마세요, 마라, 마십시오, 말고, 말아, 말아라, 말아줘, 말아요", "", ""),
    "th": _Qualifiers("อย่า, ห้าม", "", "อย่าลืม, ห้ามลืม", "เกี่ยวกับ"),
    "hi": _Qualifiers(
        "मत, न, नहीं", "मत, न, नहीं", "मत भूल*, न भूल*, भूलना मत, भूलना नहीं", "", "के बारे में"
    ),
    "hi-latn": _Qualifiers(
        "mat",
        "mat",
        "mat bhool*, mat bhul*, na bhool*, bhoolna mat, bhulna mat",
        "",
        "ke baare mein, ke bare mein, ke baare me, ke bare me",
    ),
    "tr": _Qualifiers(after_topic="hakkında, hakkındaki, ilgili, dair"),
    "ar": _Qualifiers(about="عن, حول, بشأن, بخصوص"),
}

_DEVICES: Final = phrases(
    "android, iphone, ipad, ios, windows, chrome, chromebook, macos, linux, samsung, xiaomi, redmi",
    "huawei, galaxy, google pixel, oculus, meta quest, steam deck, xbox, playstation, nintendo",
    "smartphone*, handy*, telefon*, téléphone*, teléfono*, usb, هاتف*, الهاتف*, جوال*, komórk*, celular, móvil, tablet",
    "fernseher, smart tv, телефон*, смартфон*, андроид*, устройств*, планшет*, doom, quake",
    "minecraft, skyrim, gta, sims, fallout, unity, unreal, router, drucker, browser, navegador",
    "navigateur, gerät, appareil, dispositivo, spiel, juego, jeu, gioco, jogo, игр*, oyun*, 手机",
    "安卓, 游戏, スマホ, 端末, 휴대폰, 안드로이드",
)
"""Machines and games that have modes of their own; a word for all languages."""


def qualifiers(code: str) -> Iterable[tuple[Concept, tuple[str, ...]]]:
    """Yield how a language says them, by concept; nothing for one that needs or has no entry."""
    if code == "en":
        yield Concept.DEVICE, _DEVICES
    of = _OF.get(code, _Qualifiers())
    for concept, listed in zip(_CONCEPTS, of, strict=True):
        if listed:
            yield concept, phrases(listed)


_CONCEPTS: Final = (
    Concept.NOT,
    Concept.NOT_AFTER,
    Concept.REMINDER,
    Concept.ABOUT,
    Concept.AFTER_TOPIC,
    Concept.NEVER,
)

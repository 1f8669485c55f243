"""Numbers of bank accounts other than IBANs, beside a word for them.

Lengths: 6 to 17 digits in the United States (Nacha Operating Rules, appendix three, field "DFI
Account Number"), 8 in the United Kingdom, up to 10 in Germany, 10 to 12 in Spain, Italy, Japan
and India's many banks. Some write them in groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_NUMBER: Final = label(
    r"[0-9]{6,18}|[0-9]{2,5}(?:-[0-9]{2,8}){1,4}|[0-9]{3,4}(?: [0-9]{3,4}){1,4}|[0-9]{2}(?: [0-9]{2}){3,5}"
)
_LEAST, _MOST = 6, 18


class BankAccount:
    kind = PiiType.BANK_ACCOUNT
    anchor = ANCHOR
    cues = (
        *(
            "account number",
            "account num",
            "account no",
            "account nr",
            "account #",
            "accountnumber",
        ),
        *("acct", "acct number", "acct no", "acct num", "acct #", "acc no", "acc number", "a/c"),
        *(
            "a/c no",
            "a/c number",
            "bank account",
            "bank acct",
            "bank account number",
            "bankaccount",
        ),
        *("checking account", "savings account", "current account", "deposit account", "checking"),
        *("checking acct", "savings acct", "giro account", "beneficiary account", "payee account"),
        *("direct deposit", "to account", "from account", "into account", "to my account"),
        *(
            "into my account",
            "from my account",
            "my account is",
            "my bank account is",
            "debit acct",
        ),
        *("kontonummer", "konto-nr", "konto nr", "bankkonto", "konto", "girokonto", "kontonr"),
        *("kto", "kto-nr", "kto.-nr", "kto.nr", "kto-nummer", "n.o de cuenta", "no de cuenta"),
        *("n.o de compte", "no de compte", "n.o de conta", "nr rachunku", "nr konta"),
        *("compte bancaire", "numero de compte", "n° de compte", "compte courant", "compte numero"),
        *("cuenta bancaria", "numero de cuenta", "cuenta corriente", "cuenta de ahorros"),
        *("numero cuenta", "conto corrente", "numero di conto", "conto bancario", "numero conto"),
        *("conta bancaria", "conta corrente", "numero da conta", "conta poupanca"),
        *("rekeningnummer", "bankrekening", "rekening", "numer konta", "numer rachunku"),
        *("rachunek bankowy", "konto bankowe", "rachunku", "kontonummeret", "bankkontonummer"),
    )
    positive = (
        "The bank account number is ⟦482015377⟧.",
        "Acct # ⟦4820153774⟧",
        "deposit to checking account ⟦482015377461⟧",
        "account_number=⟦48201537⟧ took=4ms",
        "please wire it to account ⟦4820153774⟧ at our branch",
        "Kontonummer ⟦48 20 15 37⟧",
        "Konto-Nr.: ⟦4820153⟧",
        "Kto.-Nr. ⟦48201537⟧ BLZ 37040044, n.º de cuenta ⟦0004820153⟧",
        "numéro de compte ⟦00048201537⟧",
        "Número de cuenta: ⟦0004820153⟧",
        "conto corrente n. ⟦000048201537⟧",
        "rekeningnummer ⟦4820153⟧",
        "numer rachunku ⟦48201537741⟧",
        "account number for the refund is ⟦482015377⟧",
        '{"bankAccount": "⟦482015377⟧"}',
        "account no. ⟦１２３４８２０１⟧",
    )
    negative = (
        "28 accounts opened, 482015377 in all",
        "account ****4194",
        "account manager met 482015377 clients",
        "account number: see order no. 482015377",
        "The account number has 10 digits.",
        "customer 482015377",
        "bank account opened on 2024-01-12",
        "invoice ref 4659763299696691 total due",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER, 0.8):
            written = shadow.lower[start:end]
            length = len(written.translate(None, b" -"))
            if _LEAST <= length <= _MOST and not _is_date(written):
                yield Found(self.kind, start, end, confidence)


def _is_date(written: bytes) -> bool:
    """Tell whether a number in groups is a day, such as 2024-01-12 or 12-01-2024."""
    groups = [len(group) for group in written.split(b"-")]
    return groups in ([4, 2, 2], [2, 2, 4])

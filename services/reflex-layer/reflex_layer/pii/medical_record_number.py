"""Medical record numbers, beside a word for them.

There is no common format: a number is what the issuing hospital says (HL7 v2.5.1, PID-3, type
`MR`). Most are 5 to 12 digits, some with up to three letters before or in groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_NUMBER: Final = label(
    r"[0-9]{2,3}-[0-9]{2,3}-[0-9]{2,4}|[0-9]{2,3} [0-9]{2,3} [0-9]{2,4}|[a-z]{1,3}-?[0-9]{5,12}"
    r"|[0-9]{5,12}[a-z]?|[0-9]{4}-[0-9]{4,6}"
)


class MedicalRecordNumber:
    kind = PiiType.MEDICAL_RECORD_NUMBER
    anchor = ANCHOR
    cues = (
        *("mrn", "mrn#", "medical record number", "medical record", "medical record no", "med rec"),
        *("med rec no", "medical records number", "medical rec", "health record number", "mr#"),
        *("patient id", "patient number", "patient no", "patient identifier", "patient #", "uhid"),
        *("hospital number", "hospital id", "hospital no", "chart number", "chart no", "chart #"),
        *("patientennummer", "patienten-id", "patienten-nr", "krankenakte", "krankenaktennummer"),
        *("patientenakte", "aktennummer", "fallnummer", "dossier medical", "dossier patient"),
        *("numero de dossier medical", "numero de patient", "numero patient", "historia clinica"),
        *("numero de historia clinica", "numero de paciente", "expediente medico", "nhc"),
        *("cartella clinica", "numero cartella clinica", "codice paziente", "id paziente"),
        *("prontuario", "numero do prontuario", "processo clinico", "numero de utente"),
        *("patientnummer", "medisch dossier", "dossiernummer", "numer pacjenta", "id pacjenta"),
        *("karta pacjenta", "numer karty pacjenta", "historia choroby", "journalnummer"),
    )
    positive = (
        "MRN: ⟦4820153⟧",
        "patient MRN ⟦00482015⟧ admitted",
        "Her medical record number is ⟦AB482015⟧.",
        "Patient ID ⟦4820153⟧ was seen today.",
        "mrn=⟦482-01-53⟧ ward=4",
        "MRN-⟦0048201⟧",
        '"medicalRecordNumber": "⟦4820153774⟧"',
        "Patientennummer ⟦482015⟧",
        "Historia clínica nº ⟦482015⟧",
        "numéro de dossier médical : ⟦482015⟧",
        "cartella clinica n. ⟦4820153⟧",
        "numer pacjenta ⟦482015⟧",
        "chart no. ⟦482015⟧",
    )
    negative = (
        "The medical records of 120457 people were lost.",
        "patient 4820153",
        "record number 4820153",
        "merge request mrn!4820",
        "patient id is missing; order no. 4820153",
        "charts 482015",
        "MRN: unknown, visit 4820153",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER, 0.85):
            yield Found(self.kind, start, end, confidence)

"""What people and programs write before a private value, by kind; `{}` is where the value goes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from octollm.verdict import PiiType


class Cue(NamedTuple):
    """How a kind is introduced: in sentences, and as the name of a field."""

    sentences: tuple[str, ...]
    fields: tuple[str, ...]
    needed: bool = False
    """Whether the value says nothing by itself: without its cue it is any number."""


CUES: Final[Mapping[PiiType, Cue]] = {
    PiiType.EMAIL: Cue(
        (
            "Please write to {} before noon.",
            "Copy {} on the reply.",
            "Antworten gehen an {} bitte.",
            "Mon adresse est {}.",
        ),
        ("email", "contact"),
    ),
    PiiType.PHONE: Cue(
        (
            "Call me at {} after six.",
            "Her mobile is {}.",
            "Telefon: {}",
            "Puede llamar al teléfono {}.",
            "Appelez le numéro de téléphone {}.",
        ),
        ("phone", "tel"),
    ),
    PiiType.SSN: Cue(
        ("His social security number is {}.", "SSN: {}", "The SSN {} was typed twice."),
        ("ssn", "social_security_number"),
    ),
    PiiType.ITIN: Cue(("Her ITIN is {}.", "Taxpayer identification (ITIN): {}"), ("itin",)),
    PiiType.CREDIT_CARD: Cue(
        (
            "Charge it to card {}, please.",
            "Pay with {} and send the bill.",
            "Kreditkarte {} ist abgelaufen.",
        ),
        ("card_number", "card"),
    ),
    PiiType.IPV4: Cue(
        ("The request came from {} at night.", "Host {} does not answer."), ("ip", "client_ip")
    ),
    PiiType.IPV6: Cue(
        ("Ping {} from the router.", "The peer's address is {}."), ("ipv6", "remote_addr")
    ),
    PiiType.MAC_ADDRESS: Cue(
        ("The adapter's MAC is {}.", "Block {} on the switch."), ("mac", "hwaddr")
    ),
    PiiType.IBAN: Cue(
        ("Transfer the deposit to {} today.", "IBAN: {}", "Überweisung an {} bis Montag."),
        ("iban",),
    ),
    PiiType.BANK_ACCOUNT: Cue(
        ("The bank account number is {}.", "Refund to account number {}.", "Kontonummer: {}"),
        ("account_number", "bank_account"),
        needed=True,
    ),
    PiiType.ROUTING_NUMBER: Cue(
        ("The routing number is {}.", "ABA routing: {}"), ("routing_number",), needed=True
    ),
    PiiType.CRYPTO_ADDRESS: Cue(
        ("Send the coins to {} only.", "Wallet: {}", "My address is {}."), ("wallet", "btc")
    ),
    PiiType.URL: Cue(("See {} for the form.", "The page {} is gone."), ("url", "link")),
    PiiType.COORDINATES: Cue(
        ("The cabin is at coordinates {}.", "GPS: {}", "Position {} was logged."),
        ("coordinates", "gps"),
    ),
    PiiType.VIN: Cue(("The VIN is {}.", "Vehicle {} was towed."), ("vin",)),
    PiiType.DATE_OF_BIRTH: Cue(
        (
            "She was born on {}.",
            "Date of birth: {}",
            "DOB {}",
            "Geburtsdatum: {}",
            "Fecha de nacimiento: {}",
        ),
        ("date_of_birth", "dob"),
        needed=True,
    ),
    PiiType.MEDICAL_RECORD_NUMBER: Cue(
        ("MRN: {}", "Her medical record number is {}.", "Patient ID {} was seen today."),
        ("mrn", "medical_record_number"),
        needed=True,
    ),
    PiiType.NPI: Cue(("The provider's NPI is {}.", "NPI number: {}"), ("npi",), needed=True),
    PiiType.PASSPORT: Cue(
        ("My passport number is {}.", "Passport no. {}", "Reisepass {}", "Pasaporte: {}"),
        ("passport_number", "passport"),
        needed=True,
    ),
    PiiType.DRIVER_LICENSE: Cue(
        ("Her driver's license is {}.", "Driving licence number {}", "Führerschein: {}"),
        ("driver_license", "license_number"),
        needed=True,
    ),
    PiiType.AWS_KEY: Cue(
        ("The access key {} leaked.", "Rotate {} today."), ("aws_access_key_id", "access_key")
    ),
    PiiType.GITHUB_TOKEN: Cue(
        ("git clone fails with {} as the token.", "Revoke {} now."), ("github_token", "token")
    ),
    PiiType.GENERIC_API_KEY: Cue(
        ("Use {} for the sandbox.", "The key {} is in the log."), ("api_key", "apikey")
    ),
    PiiType.PASSWORD: Cue(
        ("The password is {} for now.", "Passwort: {}", "postgresql://app:{}@db.example.org/main"),
        ("password", "db_password"),
        needed=True,
    ),
    PiiType.JWT: Cue(("Authorization: Bearer {}", "The session is {}."), ("jwt", "id_token")),
    PiiType.PRIVATE_KEY: Cue(("This was in the ticket:\n{}\nPlease delete it.",), ("private_key",)),
}

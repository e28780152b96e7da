"""Payment runs as the file that banks take: ISO 20022, pain.001.001.09.

One run is one message with one batch. The same run makes the same bytes for ever: all that is in
the file was written once.
"""

import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from xml.etree import ElementTree as xml  # only written here, never read

from accounts.models import Tenant
from accounts.money import exponent
from rebates.banking import iban_of
from rebates.models import BankDetails, Payment, PaymentRun

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# What every bank of SEPA takes (EPC217-08); other letters are written without their marks.
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
_WRITTEN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "&": "+",
     "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "œ": "oe", "Œ": "Oe"}
)  # fmt: skip


def transfer_file(run: PaymentRun, *, tenant: Tenant) -> bytes:
    """The run as pain.001; amounts in the tenant's currency, names in the letters of SEPA."""
    payments = list(
        run.payments.select_related("account", "bank", "settlement__statement__agreement").order_by(
            "id"
        )
    )
    root = xml.Element("Document", xmlns=NAMESPACE)
    message = xml.SubElement(root, "CstmrCdtTrfInitn")
    _header(message, run, tenant)
    batch = _batch(message, run, tenant)
    for payment in payments:
        _transfer(batch, payment, tenant)
    xml.indent(root)
    return xml.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"


def message_id(run: PaymentRun, tenant: Tenant) -> str:
    """At most 35 characters, and the tenant's own for ever."""
    return f"{plain(tenant.slug)[:24]}-{run.number:06}"


def plain(text: str, longest: int = 70) -> str:
    """`text` in the letters that every bank takes; never empty, never with two strokes in a row."""
    bare = unicodedata.normalize("NFKD", text.translate(_WRITTEN))
    kept = "".join(
        one if one in _LETTERS else " " for one in bare if not unicodedata.combining(one)
    )
    while "//" in kept:
        kept = kept.replace("//", "/")
    # Cut off in the middle, it may end with one as well.
    return " ".join(kept.split()).strip("/ ")[:longest].strip("/ ") or "-"


def _header(message: xml.Element, run: PaymentRun, tenant: Tenant) -> None:
    header = xml.SubElement(message, "GrpHdr")
    _say(header, "MsgId", message_id(run, tenant))
    _say(header, "CreDtTm", f"{run.prepared_at:%Y-%m-%dT%H:%M:%SZ}")
    _sums(header, run, tenant)
    _say(header, "InitgPty/Nm", plain(run.debtor.holder))


def _batch(message: xml.Element, run: PaymentRun, tenant: Tenant) -> xml.Element:
    batch = xml.SubElement(message, "PmtInf")
    _say(batch, "PmtInfId", f"{message_id(run, tenant)}-1")
    _say(batch, "PmtMtd", "TRF")
    _say(batch, "BtchBookg", "true")
    _sums(batch, run, tenant)
    if tenant.currency == "EUR":
        _say(batch, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _say(batch, "ReqdExctnDt/Dt", run.execute_on.isoformat())
    _say(batch, "Dbtr/Nm", plain(run.debtor.holder))
    _say(batch, "DbtrAcct/Id/IBAN", iban_of(run.debtor))
    if run.debtor.bic:
        _say(batch, "DbtrAgt/FinInstnId/BICFI", run.debtor.bic)
    else:
        _say(batch, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    _say(batch, "ChrgBr", "SLEV" if tenant.currency == "EUR" else "SHAR")
    return batch


def _sums(element: xml.Element, run: PaymentRun, tenant: Tenant) -> None:
    _say(element, "NbOfTxs", str(run.payments_count))
    _say(element, "CtrlSum", _amount(run.total, tenant))


def _transfer(batch: xml.Element, payment: Payment, tenant: Tenant) -> None:
    transfer = xml.SubElement(batch, "CdtTrfTxInf")
    _say(transfer, "PmtId/EndToEndId", payment.reference)
    amount = xml.SubElement(xml.SubElement(transfer, "Amt"), "InstdAmt", Ccy=tenant.currency)
    amount.text = _amount(payment.amount, tenant)
    _creditor(transfer, payment.bank)
    statement = payment.settlement.statement
    # Nothing that may be renamed: the file is made again after it was approved.
    said = f"{statement.agreement.code}, {statement.number} / {payment.account.number}"
    _say(transfer, "RmtInf/Ustrd", plain(said, 140))


def _creditor(transfer: xml.Element, bank: BankDetails) -> None:
    if bank.bic:
        _say(transfer, "CdtrAgt/FinInstnId/BICFI", bank.bic)
    _say(transfer, "Cdtr/Nm", plain(bank.holder))
    _say(transfer, "CdtrAcct/Id/IBAN", iban_of(bank))


def _amount(minor: int, tenant: Tenant) -> str:
    places = exponent(tenant.currency)
    return f"{Decimal(minor).scaleb(-places):.{places}f}"


def _say(element: xml.Element, path: str, text: str) -> None:
    """An element at the end of a path of new ones."""
    names: Sequence[str] = path.split("/")
    for name in names:
        element = xml.SubElement(element, name)
    element.text = text

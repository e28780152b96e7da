"""Account numbers of banks: checked before anybody is paid, shown without giving them away."""

import re

from django.utils.translation import gettext as _

# Lengths by country, from the IBAN registry of SWIFT (ISO 13616).
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HN": 28, "HR": 21, "HU": 28,
    "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28,
    "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24,
    "SC": 31, "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28,
    "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
# Countries whose IBANs serve places that have BICs of their own (EPC409-09).
_UNDER = {"FR": "GF GP MQ RE PM YT BL MF NC PF WF TF", "GB": "JE GG IM"}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


class WrongNumber(ValueError):
    """Its text says what is wrong with the IBAN or BIC, whichever `field` it is of."""

    field = "iban"


class WrongBic(WrongNumber):
    field = "bic"


def read_iban(text: str) -> str:
    """The IBAN in capital letters without spaces. Raises WrongNumber unless its country, its length
    and its check digits (ISO 7064, mod 97-10) agree."""
    iban = re.sub(r"\s+", "", text).upper()
    if not _IBAN.fullmatch(iban):
        raise WrongNumber(_("An IBAN begins with a country and two digits, like DE89 3704 …"))
    wanted = _LENGTHS.get(iban[:2])
    if wanted is None:
        raise WrongNumber(_("“%s” is no country with IBANs.") % iban[:2])
    if len(iban) != wanted:
        raise WrongNumber(
            _("An IBAN of %(country)s has %(wanted)s characters; this one has %(there)s.")
            % {"country": iban[:2], "wanted": wanted, "there": len(iban)}
        )
    if int("".join(str(int(one, 36)) for one in iban[4:] + iban[:4])) % 97 != 1:
        raise WrongNumber(_("The check digits do not fit; look for a mistyped character."))
    return iban


def read_bic(text: str, *, iban: str) -> str:
    """The BIC (ISO 9362) in capital letters, or "" where none was said. Raises WrongBic."""
    bic = re.sub(r"\s+", "", text).upper()
    if bic and not _BIC.fullmatch(bic):
        raise WrongBic(_("A BIC has 8 or 11 characters, like COBADEFFXXX."))
    if bic and bic[4:6] not in {iban[:2], *_UNDER.get(iban[:2], "").split()}:
        raise WrongBic(
            _("The BIC is of %(bic)s and the IBAN of %(iban)s.")
            % {"bic": bic[4:6], "iban": iban[:2]}
        )
    return bic


def masked(*, country: str, hint: str) -> str:
    """As it is shown: DE•• … 3000."""
    return f"{country}•• … {hint}"

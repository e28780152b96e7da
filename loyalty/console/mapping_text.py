"""Mappings as people write them: a template for each kind of file, and a stored one as TOML."""

import json
from typing import Any

TEMPLATES = {
    "activities": """\
# Left: what it means here. Right: the column of your file that holds it.
[file]
delimiter = ","     # or ";" or "\\t"
decimal = "."       # or ","

[columns]
account = "Account number"
kind = { const = "purchase" }     # or the name of a column
external_id = "Order"
line = "Line"
date = { column = "Date", format = "%Y-%m-%d" }
amount = "Amount"
quantity = "Quantity"
product = "SKU"

# [attributes]          anything else that rules may ask for
# color = "Color"

# [reverses]            for returns: the order and line they take back
# external_id = "Original order"
# line = "Original line"
""",
    "accounts": """\
# Left: what it means here. Right: the column of your file that holds it.
[file]
delimiter = ","     # or ";" or "\\t"

[columns]
number = "Account number"
name = "Name"
country = "Country"
region = "Region"
partner_type = "Type"
rep = "Rep e-mail"      # the e-mail address of a colleague who is staff here
# parent = "Parent"     # the number of the account it belongs to, from a line above or known
""",
    "products": """\
# Left: what it means here. Right: the column of your file that holds it.
[file]
delimiter = ","     # or ";" or "\\t"

[columns]
sku = "SKU"
name = "Name"
line = "Product line"   # groups products for rules and tiers
""",
    "completions": """\
# Left: what it means here. Right: the column of your file that holds it.
[file]
delimiter = ","     # or ";" or "\\t"

[columns]
course = "Course"           # its code
member = "E-mail"           # of a person with access to the portal
external_id = "Record"      # what identifies the line in your learning system
date = { column = "Completed on", format = "%Y-%m-%d" }
score = "Score"             # in percent, may be empty
# account = "Account number"  # for people who work for several accounts
""",
    "leads": """\
# Left: what it means here. Right: the column of your file that holds it.
[file]
delimiter = ","     # or ";" or "\\t"
decimal = "."       # or ","

[columns]
external_id = "Lead"        # its number where it comes from: it comes in once
source = { const = "fair" } # or the name of a column
company = "Company"
contact = "Contact"
email = "E-mail"
phone = "Phone"
need = "Need"
country = "Country"         # two letters, such as DE
region = "Region"
postcode = "Postcode"
lines = "Product lines"     # separated by semicolons
amount = "Value"
""",
}


def as_toml(mapping: dict[str, Any]) -> str:
    """A checked mapping (tables of texts, lists of texts and inline tables) as TOML."""
    parts = []
    for table, entries in mapping.items():
        lines = [f"{_key(name)} = {_value(value)}" for name, value in entries.items()]
        parts.append("\n".join([f"[{_key(table)}]", *lines]))
    return "\n\n".join(parts) + "\n"


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {_value(part)}" for name, part in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # TOML's basic strings are JSON's, but for the control character DEL.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")

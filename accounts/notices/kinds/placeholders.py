"""Placeholders that the texts of several kinds have in common."""

from accounts.notices.kinds.declared import Placeholder, Value

PERSON = Placeholder("name", "The reader's name", Value.TEXT, "Pat Partner")
ACCOUNT = Placeholder("account", "The account's name", Value.TEXT, "Harbor Bikes")
COMPANY = Placeholder("company", "Your company's name", Value.TEXT, "Acme Corp.")
PROGRAM = Placeholder("program", "The program's name", Value.TEXT, "Acme Rewards")
EVERYWHERE = (PERSON, ACCOUNT, COMPANY, PROGRAM)

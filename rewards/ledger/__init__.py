"""The ledger: the only writer of wallets, entries, lots and lot uses.

Every movement is an entry with a cause; wallets and lots are what the entries add up to. Wallets
are locked in one order (`rewards.ledger.order`). Amounts are whole numbers of the wallet's unit.
"""

from rewards.ledger.crediting import Credit, Opened, WalletKey, crediting, wallets_of
from rewards.ledger.reversing import Reversal, reverse
from rewards.ledger.settling import activate_due, expire_due
from rewards.ledger.spending import NotEnough, UnknownWallet, spend

__all__ = [
    "Credit",
    "NotEnough",
    "Opened",
    "Reversal",
    "UnknownWallet",
    "WalletKey",
    "activate_due",
    "crediting",
    "expire_due",
    "reverse",
    "spend",
    "wallets_of",
]

"""The ledger: the only writer of wallets, entries, lots and lot uses.

Every movement is an entry with a cause; wallets and lots are what the entries add up to. Wallets
are locked in one order (`rewards.ledger.order`). Amounts are whole numbers of the wallet's unit.
"""

from rewards.ledger.accruing import Accrued, accrue, settle
from rewards.ledger.adjusting import (
    Gift,
    NothingExpires,
    NothingToReinstate,
    deduct,
    extend,
    give,
    reinstatable,
    reinstate,
)
from rewards.ledger.awarding import award, recall
from rewards.ledger.closed import Closed
from rewards.ledger.crediting import Alike, Credit, Opened, WalletKey, crediting, wallets_of
from rewards.ledger.funding import (
    Allocation,
    Taking,
    allocate,
    commit,
    expire_funds,
    open_of,
    pay,
    release_beyond,
    take_back,
)
from rewards.ledger.opening import open_wallets
from rewards.ledger.prolonging import keep_alive
from rewards.ledger.reserving import (
    NotHeld,
    OtherAmount,
    capture,
    lock_wallets,
    refund,
    release,
    reserve,
)
from rewards.ledger.reversing import Reversal, reverse
from rewards.ledger.settling import activate_due, expire_due, expire_some
from rewards.ledger.spending import NotEnough, UnknownWallet, spend
from rewards.ledger.transferring import OtherAccount, OtherTransfer, transfer

__all__ = [
    "Accrued",
    "Alike",
    "Allocation",
    "Closed",
    "Credit",
    "Gift",
    "NotEnough",
    "NotHeld",
    "NothingExpires",
    "NothingToReinstate",
    "Opened",
    "OtherAccount",
    "OtherAmount",
    "OtherTransfer",
    "Reversal",
    "Taking",
    "UnknownWallet",
    "WalletKey",
    "accrue",
    "activate_due",
    "allocate",
    "award",
    "capture",
    "commit",
    "crediting",
    "deduct",
    "expire_due",
    "expire_funds",
    "expire_some",
    "extend",
    "give",
    "keep_alive",
    "lock_wallets",
    "open_of",
    "open_wallets",
    "pay",
    "recall",
    "refund",
    "reinstatable",
    "reinstate",
    "release",
    "release_beyond",
    "reserve",
    "reverse",
    "settle",
    "spend",
    "take_back",
    "transfer",
    "wallets_of",
]

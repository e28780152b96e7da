"""The partner programs, room by room: routes, things to ask for, and words that are no canaries.

A room is a module with `ROUTES` and `KEPT` as in `tests.isolation.routes` and `.seed.canaries`,
with `OF_ACCOUNTS` and `OF_TENANT` (the kinds of things of which each account, or the tenant, has
its own; by these names `furnish` puts them into `side.things`, the former with the account's number
behind), and with `furnish`, which makes them in the open tenant. `BOUND`, where it has any, are its
routes for whoever has their address; `PUBLISHED` are words that a route shows to everybody.
"""

from importlib import import_module
from pkgutil import iter_modules

ROOMS = [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)]

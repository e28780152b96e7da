"""`python -m loyalty.servers stop [name]`, `urls [name]` or `remove`."""

import sys

from loyalty.servers import postgres, remove, stop, valkey
from loyalty.servers.places import PROJECT, home_of
from loyalty.servers.processes import is_free


def print_urls(name: str = "demo") -> None:
    home = home_of(name, PROJECT)
    if is_free(home / "postgres.lock") or is_free(home / "valkey.lock"):
        raise SystemExit("Not running; `make demo` starts them.")
    print(f"DATABASE_URL='{postgres.url(home, 'loyalty_app')}'")
    print(f"DATABASE_OWNER_URL='{postgres.url(home, 'loyalty_owner')}'")
    print(f"REDIS_URL='{valkey.url(home)}'")


match sys.argv[1:]:
    case ["remove"]:
        remove()
    case ["stop", *name] if len(name) < 2:
        stop(*name)
    case ["urls", *name] if len(name) < 2:
        print_urls(*name)
    case _:
        raise SystemExit("Usage: python -m loyalty.servers stop [name] | urls [name] | remove")

#!/usr/bin/env python
"""Django's commands. Those that need PostgreSQL and Valkey find them running."""

import os
import sys
import warnings

# They read code and templates only: the settings want addresses, but nobody will call there.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
    "makemigrations",
    "spectacular",
    "version",
}


def needs_servers(arguments: list[str]) -> bool:
    if {"-h", "--help", "--version"} & set(arguments):
        return False
    command = next((word for word in arguments if not word.startswith("-")), "help")
    return command not in WITHOUT_SERVERS or "--database" in arguments


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")
    if needs_servers(sys.argv[1:]):
        from loyalty.servers import ensure

        ensure()
    else:
        os.environ.setdefault("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
        os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:1/0")
        # `makemigrations` would like to ask a database which migrations it has, and can do without.
        warnings.filterwarnings("ignore", "Got an error checking a consistent migration history")

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

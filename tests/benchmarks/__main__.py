"""`make bench`: each speed as a ratio to a raw floor measured in the same run; medians of several.

python -m tests.benchmarks [name …]
"""

import os
import sys

from loyalty import heap, servers


def main() -> None:
    # Durable, as in production: a bench without fsync would flatter whoever writes more.
    servers.ensure("bench")
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
    import django

    django.setup()
    from django.core.management import call_command

    from tests.benchmarks import (
        deals,
        earning,
        expiry,
        history,
        http,
        intake,
        pages,
        programs,
        rebates,
        tiers,
    )

    heap.settle()  # as web and worker processes do
    call_command("prepare_database", verbosity=0)
    call_command("migrate", verbosity=0)
    benches = {
        "earning": earning.run,
        "intake": intake.run,
        "programs": programs.run,
        "http": http.run,
        "expiry": expiry.run,
        "tiers": tiers.run,
        "deals": deals.run,
        "rebates": rebates.run,
        "pages": pages.run,
        "history": history.run,
    }
    wanted = sys.argv[1:] or list(benches)
    for name in wanted:
        for line in benches[name]():
            print(line, flush=True)
    call_command("verify_books")


if __name__ == "__main__":
    main()

"""What the import commands share: the same file, mapping and options go on where they stopped."""

import hashlib
import json
import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import psycopg
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from accounts.doors import tenant_by_slug
from accounts.importing import Intent, carry_out
from accounts.imports import CannotGoOn, OptionsWrong, begin, claim, put_down
from accounts.mappings import MappingWrong, parse_toml
from accounts.models import ImportRun, Tenant
from accounts.models.imports import ImportState
from accounts.postgres.rehearsal import rehearsal
from accounts.tenancy import tenant_scope

GO_ON = "The same command again goes on from there."
# As Django says it and, where the tenant is announced and rows are copied, as the driver does.
GONE = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)
INTERRUPTED = 130  # what shells say after Ctrl-C


class ImportCommand(BaseCommand):
    """Subclasses say what they import and with which options of their own."""

    target: str
    actor = "system"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the CSV file")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument(
            "--mapping", required=True, type=Path, help="TOML file that says which column is what"
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="do everything and take it back; what it touches is locked until then",
        )

    def options_of(self, tenant: Tenant, options: dict[str, Any]) -> dict[str, Any]:
        """The run's options. Raises OptionsWrong."""
        raise NotImplementedError

    def intent_of(self, run: ImportRun, tenant: Tenant) -> Intent:
        raise NotImplementedError

    def handle(self, **options: Any) -> None:
        try:
            tenant = tenant_by_slug(options["tenant"])
            if tenant is None:
                raise CommandError(f"There is no tenant {options['tenant']!r}.")
            with tenant_scope(tenant.id), _ctrl_c(self.stderr.write) as stopped:
                self._import(tenant, options, stopped)
        except (MappingWrong, OptionsWrong, CannotGoOn) as wrong:
            raise CommandError(str(wrong)) from None
        except OSError as wrong:
            raise CommandError(f"{wrong.filename}: {wrong.strerror}.") from None
        except GONE as wrong:
            raise CommandError(f"The database went away: {wrong}\n{GO_ON}") from None
        except KeyboardInterrupt:
            self.stderr.write(f"\nStopped. {GO_ON}")
            raise SystemExit(INTERRUPTED) from None

    def _import(self, tenant: Tenant, options: dict[str, Any], stopped: threading.Event) -> None:
        mapping = parse_toml(_read_text(Path(options["mapping"])))
        wanted = self.options_of(tenant, options)
        if options["dry_run"]:
            wanted["rehearsal"] = True
        bar = _Bar(self.stderr)

        def go_on(run: ImportRun) -> bool:
            bar.show(run)
            return not stopped.is_set()

        kept = rehearsal() if options["dry_run"] else nullcontext()
        with kept, options["file"].open("rb") as file:
            run = self._run_for(options["file"], mapping, wanted)
            run = carry_out(run, file, intent=self.intent_of, now=timezone.now, go_on=go_on)
            bar.clear()
            if run.state == ImportState.RUNNING:
                put_down(run, at=timezone.now())
        self._report(run, dry_run=options["dry_run"])

    def _run_for(self, path: Path, mapping: dict, wanted: dict[str, Any]) -> ImportRun:
        """A new run, or the one that this very command left unfinished."""
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        command = hashlib.sha256(
            json.dumps([content, mapping, wanted], sort_keys=True, default=str).encode()
        ).hexdigest()
        with transaction.atomic():
            unfinished = ImportRun.objects.filter(
                target=self.target,
                options__command=command,
                state__in=[ImportState.WAITING, ImportState.RUNNING],
            ).order_by("created_at")
            run = unfinished.first() or begin(
                target=self.target,
                file_name=path.name,
                size=path.stat().st_size,
                mapping=mapping,
                options=wanted | {"command": command},
                started_by=self.actor,
                at=timezone.now(),
            )
        claimed = claim(run.pk, at=timezone.now(), patient=False)
        if claimed is None:
            raise CannotGoOn("Another process has just finished this import.")
        if claimed.rows:
            self.stderr.write(f"Going on behind row {claimed.rows:,}.")
        return claimed

    def _report(self, run: ImportRun, *, dry_run: bool) -> None:
        if run.state == ImportState.FAILED:
            raise CommandError(run.problem)
        changed = run.options.get("so_far", {}).get("changed", 0)
        updates = f" ({changed:,} of them changed)" if changed else ""
        self.stdout.write(
            f"{run.rows:,} rows: {run.accepted:,} accepted{updates}, {run.known:,} known before, "
            f"{run.rejected:,} rejected."
        )
        if run.rejects_as:
            self.stdout.write(
                f"Rejected rows, with reasons: {default_storage.path(run.rejects_as)}"
            )
        if dry_run:
            self.stdout.write("Dry run: nothing was kept.")
        if run.state == ImportState.RUNNING:
            self.stderr.write("Stopped. " + ("" if dry_run else GO_ON))
            raise SystemExit(INTERRUPTED)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise MappingWrong(f"{path} is not UTF-8 text.") from None


@contextmanager
def _ctrl_c(say: Callable[[str], object]) -> Iterator[threading.Event]:
    """The first Ctrl-C asks to stop at the end of the batch, the second one stops at once."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return

    def on_signal(number: int, frame: object) -> None:
        if stopped.is_set():
            raise KeyboardInterrupt
        stopped.set()
        say("\nStopping at the end of this batch; once more to stop at once.")

    before = signal.signal(signal.SIGINT, on_signal)
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


class _Bar:
    """One line on a terminal; nothing where nobody looks."""

    WIDTH = 30

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._on = stream.isatty()
        self._since = time.monotonic()
        self._before: int | None = None  # rows taken in by an earlier start

    def show(self, run: ImportRun) -> None:
        if not self._on:
            return
        if self._before is None:
            self._before = run.rows
        seconds = max(time.monotonic() - self._since, 0.001)
        done = "█" * (self.WIDTH * run.progress // 1000)
        self._stream.write(
            f"\r{done:░<{self.WIDTH}} {run.progress / 10:5.1f} %  {run.rows:,} rows, "
            f"{run.rejected:,} rejected, {(run.rows - self._before) / seconds:,.0f} a second ",
            style_func=str,  # stderr is red, and this is no error
            ending="",
        )
        self._stream.flush()

    def clear(self) -> None:
        if self._on:
            self._stream.write("\r" + " " * 100 + "\r", ending="")

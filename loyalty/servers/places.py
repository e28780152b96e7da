"""Where the servers' files live, as whom their processes run, and where their programs are.

PostgreSQL refuses to run as root. For root it runs as `nobody`, who must be able to enter the data
folder and the programs. Private folders stay private: what `nobody` cannot enter is kept elsewhere.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
HOW_TO_DO_WITHOUT = "Set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to your own servers."
PLAIN = {"PATH": os.defpath, "LC_ALL": "C"}  # the environment of servers and their tools
SOCKET_PATH_BYTES = 103  # macOS takes no longer one; Linux takes 107


def home_of(name: str, project: Path) -> Path:
    """The folder of a pair of servers: in the project, or outside where that is unfit.

    Unfit are a path too long for a socket, or with a comma, which in an address separates hosts; a
    folder another user made; one that the server's user cannot enter. Exits where neither fits.
    """
    for parent in parents_of(project):
        home = parent / name
        socket = home / "postgres" / ".s.PGSQL.5432"
        if len(bytes(socket)) > SOCKET_PATH_BYTES or "," in str(socket):
            continue
        try:
            for folder in (parent, home):
                folder.mkdir(exist_ok=True)
                if not is_ours(folder):
                    raise PermissionError(folder)
                folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
        except OSError:
            continue
        if can_enter(home):
            return home
    raise SystemExit(f"No folder here can hold a database's files. {HOW_TO_DO_WITHOUT}")


def parents_of(project: Path) -> list[Path]:
    key = hashlib.sha256(bytes(project.resolve())).hexdigest()[:12]
    outside = Path(f"/var/tmp/loyalty-{key}-{os.geteuid()}")  # noqa: S108 used only if it is ours
    return [project.resolve() / ".data", outside]


def is_ours(folder: Path) -> bool:
    return not folder.is_symlink() and folder.lstat().st_uid == os.geteuid()


@cache
def server_user() -> dict[str, Any]:
    """Whom a server's process runs as, as arguments of `subprocess`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def run(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a short command as the server's user, in a folder and environment that suit anyone."""
    return subprocess.run(
        command, check=True, cwd="/", env=PLAIN, capture_output=True, text=True, **server_user()
    )


def can_enter(folder: Path) -> bool:
    try:
        run(["/bin/sh", "-c", 'cd -- "$0"', str(folder)])
    except (subprocess.CalledProcessError, PermissionError):  # the latter: root in name only
        return False
    return True


def private_folder(folder: Path) -> Path:
    """A new folder for the server's process alone; its mode is what protects the socket inside."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    hand_over(folder)
    return folder


def hand_over(path: Path) -> None:
    if user := server_user():
        os.chown(path, user["user"], user["group"])


def programs_of(package: str, *parts: str, home: Path) -> Path | None:
    """The folder `parts` of an installed wheel, or of a copy that the server's user can enter."""
    spec = find_spec(package)  # found, not imported: importing pulls in what we do not use
    if spec is None or spec.origin is None:
        return None
    wheel = Path(spec.origin).parent
    if can_enter(wheel.joinpath(*parts)):
        return wheel.joinpath(*parts)
    copy = home.parent / f"{package}-{version(package)}"
    if not copy.exists():
        # Side by side, as in the wheel: the programs look for libraries at ../../../<package>.libs.
        with tempfile.TemporaryDirectory(dir=home.parent) as unfinished:
            for part in (f"{package}/{parts[0]}", f"{package}.libs"):
                if (wheel.parent / part).exists():
                    shutil.copytree(wheel.parent / part, Path(unfinished, "copy", part))
            # Whatever the umask was when they were unpacked.
            subprocess.run(["chmod", "-R", "a+rX", f"{unfinished}/copy"], check=True)
            Path(unfinished, "copy").rename(copy)
    return copy.joinpath(package, *parts)

"""Calls to addresses that customers chose: out into the world, never into our own network.

The address is checked where it is dialed. A name is resolved once, each of its addresses is
checked, and the socket is connected to that very address: nothing is resolved a second time, so no
name can lead elsewhere between check and call. There are no redirects and no proxies, because
nothing here knows of either.
"""

import re
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from threading import Timer

from django.conf import settings
from django.utils.translation import gettext

CONNECT_SECONDS = 5  # of each of its addresses
READ_SECONDS = 10  # for the next byte
TOTAL_SECONDS = 20  # for all of it: else a byte every nine seconds would hold a worker for ever
KEPT_BYTES = 1000  # of an answer
MOST_ADDRESSES = 3
PORTS = frozenset({443, 8443})
LOCALHOST = frozenset({"localhost", "127.0.0.1", "[::1]"})

# One pattern for the whole address, and no other parser after it: where two parsers read an address
# differently (“https://good.example\@10.0.0.1/”), the check sees one host and the call another.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(?P<port>\d{1,5}))?"
    r"(?P<path>/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?",
)
_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")

# The special purposes of IANA's registries that are not the open internet, written out because
# `ipaddress.is_global` differs between Python's patch releases.
_CLOSED_V4 = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
            "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        ),
    )
)  # fmt: skip
# Of IPv6 only the global unicast addresses: mapped and translated IPv4 (::ffff:0:0/96,
# 64:ff9b::/96), local and multicast ones lie outside. Within them, what tunnels to IPv4 or is kept
# for special uses: Teredo and its neighbors, documentation, 6to4, AS112.
_OPEN_V6 = ip_network("2000::/3")
_CLOSED_V6 = tuple(
    map(
        ip_network,
        ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"),
    )
)


class AddressRefused(ValueError):
    """Its text says how to write an address that can be called."""


class CallFailed(OSError):
    """No answer came; `why` is one word of it: unknown_host, unreachable, tls, timeout, broken."""

    def __init__(self, why: str, said: str) -> None:
        super().__init__(said)
        self.why = why


@dataclass(frozen=True, slots=True)
class Address:
    """Where to call: `host` as written, brackets and all."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_local(self) -> bool:
        """Whether it names this machine, and that is allowed (never in production)."""
        return settings.WEBHOOKS_TO_LOCALHOST and self.host in LOCALHOST

    @property
    def authority(self) -> str:
        usual = 443 if self.scheme == "https" else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes  # its first KEPT_BYTES
    retry_after: str


def read_address(url: str) -> Address:
    """What `url` names. Raises AddressRefused for what must not be called, as far as one can tell
    without resolving it."""
    found = _ADDRESS.fullmatch(url) if len(url) <= 500 else None
    if found is None:
        raise AddressRefused(
            gettext(
                "Write it like https://example.com/hooks: lower-case host, no user name or "
                "password, no fragment, at most 500 characters."
            )
        )
    scheme, host = found["scheme"], found["host"]
    port = int(found["port"] or (443 if scheme == "https" else 80))
    address = Address(scheme, host, port, found["path"] or "/")
    if address.is_local and 0 < port < 65536:
        return address
    if scheme != "https":
        raise AddressRefused(gettext("Only https is called; begin it with https://."))
    if port not in PORTS:
        raise AddressRefused(
            gettext("Only the ports %(ports)s are called.")
            % {"ports": ", ".join(map(str, sorted(PORTS)))}
        )
    _check_host(host)
    return address


def post(address: Address, *, headers: Mapping[str, str], body: bytes) -> Answer:
    """Call, and answer whatever status came. Raises AddressRefused or CallFailed."""
    ends = time.monotonic() + TOTAL_SECONDS
    checked = resolve(address)
    try:
        sock = _connected(checked, ends)
    except OSError as trouble:
        raise CallFailed("unreachable", str(trouble)) from trouble
    if address.scheme == "https":
        sock = _wrapped(sock, address)
    # Timeouts of a socket begin anew with each byte; this one does not.
    watch = Timer(max(0.0, ends - time.monotonic()), _hang_up, [sock])
    watch.daemon = True
    watch.start()
    try:
        return _talk(sock, address, headers, body)
    except (OSError, HTTPException) as trouble:
        raise CallFailed(_word_for(trouble, ends), f"{trouble}"[:300]) from trouble
    finally:
        watch.cancel()
        sock.close()


def resolve(address: Address) -> list[tuple[socket.AddressFamily, tuple]]:
    """The socket addresses to dial, every one of them checked. Raises AddressRefused, CallFailed.

    One closed address among open ones refuses the whole name: whoever answers so is up to it.
    """
    host = address.host.strip("[]")
    try:
        found = socket.getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as trouble:
        raise CallFailed("unknown_host", str(trouble)) from trouble
    for _family, _type, _protocol, _name, place in found:
        ip = ip_address(str(place[0]).partition("%")[0])
        if not (is_open(ip) or (address.is_local and ip.is_loopback)):
            # Not by which number: customers read it, and it would tell them our own network's.
            raise AddressRefused(gettext("%(host)s is not on the open internet.") % {"host": host})
    return [(socket.AddressFamily(one[0]), one[4]) for one in found[:MOST_ADDRESSES]]


def is_open(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is somebody's on the open internet, rather than near us or special."""
    if isinstance(ip, IPv4Address):
        return not any(ip in network for network in _CLOSED_V4)
    return ip in _OPEN_V6 and not any(ip in network for network in _CLOSED_V6)


def _check_host(host: str) -> None:
    if host.startswith("["):
        try:
            is_fine = is_open(IPv6Address(host[1:-1]))
        except ValueError:
            is_fine = False
    elif host.rpartition(".")[2].isdigit():  # as resolvers have it, a number at the end is IPv4
        try:
            is_fine = is_open(IPv4Address(host))
        except ValueError:
            is_fine = False
    else:
        is_fine = len(host) <= 253 and _NAME.fullmatch(host) is not None
    if not is_fine:
        raise AddressRefused(
            gettext(
                "“%(host)s” is no host on the open internet; use a full name such as "
                "hooks.example.com."
            )
            % {"host": host}
        )


def _connected(checked: list[tuple[socket.AddressFamily, tuple]], ends: float) -> socket.socket:
    """A socket at the first address that answers."""
    trouble: OSError = TimeoutError("The time was over before it was called.")
    for family, place in checked:
        left = ends - time.monotonic()
        if left <= 0:
            break
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(min(CONNECT_SECONDS, left))
            sock.connect(place)  # a number: nothing is resolved here
        except OSError as failed:
            sock.close()
            trouble = failed
        else:
            sock.settimeout(READ_SECONDS)
            return sock
    raise trouble


def _wrapped(sock: socket.socket, address: Address) -> ssl.SSLSocket:
    """For TLS, with the name that was written rather than the number that was dialed."""
    try:
        return _tls().wrap_socket(
            sock, server_hostname=address.host.strip("[]"), do_handshake_on_connect=False
        )
    except (OSError, ValueError) as trouble:
        sock.close()
        raise CallFailed("tls", str(trouble)) from trouble


def _talk(sock: socket.socket, address: Address, headers: Mapping[str, str], body: bytes) -> Answer:
    if isinstance(sock, ssl.SSLSocket):
        sock.do_handshake()
    http = HTTPConnection(address.host, address.port)
    http.auto_open = 0  # it would open a connection of its own, to wherever the name leads now
    http.sock = sock
    http.putrequest("POST", address.path, skip_host=True, skip_accept_encoding=True)
    sent = {"Host": address.authority, "Connection": "close", "Content-Length": str(len(body))}
    for name, value in {**sent, **headers}.items():
        http.putheader(name, value)
    http.endheaders(body)
    response = http.getresponse()
    # Into a place of that size: read() would take a chunk that says it is of “-1” bytes to its
    # end, which never comes.
    kept = bytearray(KEPT_BYTES)
    try:
        # Headers are enough for a verdict: a body that breaks off does not change it.
        said = bytes(kept[: response.readinto(kept)])
    except (OSError, HTTPException):
        said = b""
    return Answer(response.status, said, response.getheader("Retry-After") or "")


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Certificates are checked against the system's authorities, and the host's name with them."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _hang_up(sock: socket.socket) -> None:
    try:
        # Past SSLSocket.shutdown, which takes the encryption away under the thread that reads.
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
    except OSError:
        return  # it is closed already


def _word_for(trouble: Exception, ends: float) -> str:
    if isinstance(trouble, TimeoutError) or time.monotonic() >= ends:
        return "timeout"
    return "tls" if isinstance(trouble, ssl.SSLError) else "broken"

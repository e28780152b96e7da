"""Calls to addresses of customers reach the open internet, and nothing of ours, ever."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from accounts import outward
from accounts.outward import AddressRefused, CallFailed, is_open, post, read_address
from tests.receiver import receiving

# What must never be called, by its own words: refused before anything is resolved.
REFUSED = [
    "http://hooks.example.com/",  # not encrypted
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "//hooks.example.com/",
    "hooks.example.com/",
    "",
    "https://",
    "https:///path",
    "https://user@hooks.example.com/",  # credentials
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com:443@127.0.0.1/",
    "https://127.0.0.1#@hooks.example.com/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",  # parsers disagree
    "https:\\\\127.0.0.1/",
    "https://hooks.example.com/\r\nHost: 127.0.0.1",
    "https://hooks.example.com/ HTTP/1.1\r\n",
    "https://hooks.example.com/\0",
    " https://hooks.example.com/",
    "https://hooks.example.com /",
    "https://hooks.example.com\t.evil.example/",
    "https://hooks.example.com:22/",  # ports of other services
    "https://hooks.example.com:6379/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:65536/",
    "https://hooks.example.com:443443/",
    "https://hooks.example.com:/",
    "https://localhost/",
    "https://localhost./",
    "https://LOCALHOST/",
    "https://intranet/",  # a search domain would complete it
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1./",
    "https://2130706433/",  # 127.0.0.1 in other numbers
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1.1/",
    "https://１２７.0.0.1/",  # full-width digits, which IDNA maps
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://0.0.0.0/",
    "https://0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",  # a cloud's keys
    "https://100.64.0.1/",  # carrier-grade NAT
    "https://100.100.100.200/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",  # IPv4 in IPv6's clothes
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",  # NAT64
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",  # 6to4
    "https://[2001:0:7f00:1::]/",  # Teredo
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",  # a cloud's keys again
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[1:2]/",
    "https://[127.0.0.1]/",
    "https://-hooks.example.com/",
    "https://hooks..example.com/",
    "https://.example.com/",
    "https://hooks.example.com/" + "a" * 500,
]

# Names that resolve so: seen only where the address is dialed.
NEAR_US = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.20.0.1", "192.168.0.1",  # noqa: S104
    "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.88.99.1", "198.19.0.1", "224.0.0.1",
    "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::7f00:1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "fe80::1",
    "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "3fff::1", "5f00::1",
]  # fmt: skip


@contextmanager
def listening() -> Iterator[tuple[int, list]]:
    """A port of ours, and every connection that came."""
    came: list = []
    with socket.create_server(("", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def accept() -> None:
            while not stop.is_set():
                try:
                    caller, place = server.accept()
                except TimeoutError:
                    continue
                came.append(place)
                caller.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            stop.set()
            thread.join()


def resolving(monkeypatch, *answers: str) -> list[str]:
    """Let every name resolve to `answers`, the last of them for ever; returns what was asked."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        ip = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        place = (ip, port, 0, 0) if ":" in ip else (ip, port)
        return [(family, socket.SOCK_STREAM, 6, "", place)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_leads_astray_is_refused_as_it_is_written(url: str, monkeypatch):
    asked = resolving(monkeypatch, "127.0.0.1")
    with pytest.raises(AddressRefused):
        read_address(url)
    assert asked == []


@pytest.mark.parametrize("ip", NEAR_US)
def test_a_name_that_leads_to_us_is_refused_where_it_is_dialed(ip: str, monkeypatch):
    with listening() as (port, came):
        monkeypatch.setattr(outward, "PORTS", {port})
        address = read_address(f"https://hooks.example.com:{port}/")
        resolving(monkeypatch, ip)
        with pytest.raises(AddressRefused):
            post(address, headers={}, body=b"{}")
    assert came == []


def test_one_closed_address_among_open_ones_refuses_the_name(monkeypatch):
    places = [("93.184.215.14", 443), ("10.0.0.1", 443)]
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(AddressRefused) as refused:
        outward.resolve(read_address("https://hooks.example.com/"))
    # Customers read it: our resolver would tell them the numbers of our own network.
    assert str(refused.value) == "hooks.example.com is not on the open internet."


def test_a_name_is_resolved_once_so_it_cannot_lead_elsewhere_after_the_check(monkeypatch):
    """Rebinding: open to the one who checks, ours to the one who calls."""
    monkeypatch.setattr(outward, "CONNECT_SECONDS", 0.2)
    with listening() as (port, came):
        monkeypatch.setattr(outward, "PORTS", {port})
        address = read_address(f"https://hooks.example.com:{port}/")
        asked = resolving(monkeypatch, "192.5.6.30", "127.0.0.1")
        dialed: list = []

        def connect(sock, place):
            dialed.append(place)
            raise ConnectionRefusedError

        monkeypatch.setattr(socket.socket, "connect", connect)
        with pytest.raises(CallFailed) as failed:
            post(address, headers={}, body=b"{}")
    assert failed.value.why == "unreachable"
    assert asked == ["hooks.example.com"]
    assert dialed == [("192.5.6.30", port)]
    assert came == []


def test_proxies_of_the_environment_are_not_asked(monkeypatch, settings):
    settings.WEBHOOKS_TO_LOCALHOST = True
    with listening() as (port, came), receiving() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        assert post(read_address(receiver.url), headers={}, body=b"{}").status == 204
    assert came == []


def test_a_redirect_is_an_answer_and_nobody_goes_there(settings):
    settings.WEBHOOKS_TO_LOCALHOST = True
    with (
        listening() as (port, came),
        receiving(lambda n: (301, {"Location": f"http://127.0.0.1:{port}/"}, "")) as receiver,
    ):
        assert post(read_address(receiver.url), headers={}, body=b"{}").status == 301
        assert len(receiver.got) == 1
    assert came == []


def test_this_machine_is_called_only_where_a_setting_says_so_and_only_by_name(
    settings, monkeypatch
):
    with pytest.raises(AddressRefused):
        read_address("http://localhost:8001/hooks")
    settings.WEBHOOKS_TO_LOCALHOST = True
    assert read_address("http://localhost:8001/hooks").port == 8001
    with pytest.raises(AddressRefused):
        read_address("http://10.0.0.1:8001/hooks")
    resolving(monkeypatch, "127.0.0.1")  # even then a customer's name may not lead here
    with pytest.raises(AddressRefused):
        post(read_address("https://hooks.example.com/"), headers={}, body=b"{}")


@pytest.mark.parametrize(
    "ip", ["93.184.215.14", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1", "2a00:1450::1"]
)
def test_the_open_internet_is_open(ip: str):
    assert is_open(ip_address(ip))


@pytest.mark.parametrize(
    ("url", "authority", "path"),
    [
        ("https://hooks.example.com", "hooks.example.com", "/"),
        ("https://hooks.example.com:8443/in?a=%20&b", "hooks.example.com:8443", "/in?a=%20&b"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
        ("https://1.1.1.1/", "1.1.1.1", "/"),
        ("https://[2606:4700::1]/", "[2606:4700::1]", "/"),
    ],
)  # fmt: skip
def test_ordinary_addresses_are_read_as_they_are(url: str, authority: str, path: str):
    address = read_address(url)
    assert (address.authority, address.path) == (authority, path)


@pytest.mark.parametrize(
    ("asked", "why"), [("hooks.example.com", None), ("other.example.com", "tls")]
)
def test_the_certificate_is_that_of_the_name_though_a_number_is_dialed(
    asked: str, why: str | None, monkeypatch, tmp_path
):
    names: list = []
    server_side, client_side = _contexts("hooks.example.com", tmp_path, names)
    monkeypatch.setattr(outward, "_tls", lambda: client_side)
    monkeypatch.setattr(outward, "is_open", lambda ip: True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        heard: list = []
        thread = threading.Thread(target=_serve_once, args=(server, server_side, heard))
        thread.start()
        port = server.getsockname()[1]
        monkeypatch.setattr(outward, "PORTS", {port})
        resolving(monkeypatch, "127.0.0.1")
        address = read_address(f"https://{asked}:{port}/in")
        if why:
            with pytest.raises(CallFailed) as failed:
                post(address, headers={}, body=b"{}")
            assert failed.value.why == why
        else:
            assert post(address, headers={}, body=b"{}").status == 200
            assert f"Host: {asked}:{port}".encode() in heard[0]
        thread.join()
    assert names == [asked]


def _serve_once(server: socket.socket, context: ssl.SSLContext, heard: list) -> None:
    caller, _ = server.accept()
    try:
        with context.wrap_socket(caller, server_side=True) as talk:
            said = b""
            # Closed on what was not read, the answer would be lost.
            while not said.endswith(b"{}") and (more := talk.recv(65536)):
                said += more
            heard.append(said)
            talk.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    except OSError:
        caller.close()  # it did not like our certificate


def _contexts(name: str, folder, names: list) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server with a certificate for `name`, and a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    file = folder / "server.pem"
    file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, form, plain))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(file)
    server_side.sni_callback = lambda sock, asked, context: names.append(asked)
    return server_side, ssl.create_default_context(cadata=pem.decode())

"""What servers of customers answer is read to its first thousand bytes, and not for ever."""

import socket
import threading
import time

import pytest

from accounts import outward
from accounts.outward import CallFailed, post, read_address
from tests.receiver import receiving


def test_an_answer_is_kept_up_to_its_first_thousand_bytes(settings):
    settings.WEBHOOKS_TO_LOCALHOST = True
    with receiving(lambda n: (500, {"Retry-After": "7"}, "x" * 100_000)) as receiver:
        answer = post(read_address(receiver.url), headers={"webhook-id": "1"}, body=b"{}")
    assert (answer.status, answer.body, answer.retry_after) == (500, b"x" * 1000, "7")
    assert receiver.got[0].headers["host"] == receiver.url[7:].split("/")[0]


@pytest.mark.parametrize("size", [b"-1", b"-5", b"-7d0", b"ffffffffffff"])
def test_a_chunk_of_any_size_is_read_no_further_than_is_kept(size: bytes, settings):
    """int() takes “-1” for a size, read(-1) goes on to the end: a worker's memory full of it."""
    settings.WEBHOOKS_TO_LOCALHOST = True
    block, most = b"x" * 65_536, 500
    sent: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def flood() -> None:
            caller, _ = server.accept()
            with caller:
                caller.sendall(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n" + size)
                caller.sendall(b"\r\n")
                try:
                    while len(sent) < most:
                        caller.sendall(block)
                        sent.append(1)
                except OSError:
                    return

        thread = threading.Thread(target=flood)
        thread.start()
        address = read_address(f"http://localhost:{server.getsockname()[1]}/")
        answer = post(address, headers={}, body=b"{}")
        thread.join()
    assert answer.status == 500
    assert len(answer.body) <= outward.KEPT_BYTES
    assert len(sent) < most  # what the sockets' own buffers take, and no more


def test_who_answers_byte_by_byte_is_hung_up_on(settings, monkeypatch):
    """A read timeout alone begins anew with each byte and would never end this."""
    settings.WEBHOOKS_TO_LOCALHOST = True
    monkeypatch.setattr(outward, "TOTAL_SECONDS", 0.6)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            caller, _ = server.accept()
            with caller:
                try:
                    for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 100:
                        caller.sendall(bytes([byte]))
                        time.sleep(0.1)
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        began = time.monotonic()
        address = read_address(f"http://localhost:{server.getsockname()[1]}/")
        with pytest.raises(CallFailed) as failed:
            post(address, headers={}, body=b"{}")
        thread.join()
    assert failed.value.why == "timeout"
    assert time.monotonic() - began < 3


def test_failures_have_their_names(settings, monkeypatch):
    settings.WEBHOOKS_TO_LOCALHOST = True
    why = []
    with receiving(lambda n: "drop") as receiver:
        addresses = [receiver.url]
        with socket.create_server(("127.0.0.1", 0)) as server:
            addresses.append(f"http://localhost:{server.getsockname()[1]}/")  # closed by then
        addresses.append(receiver.url.replace("http:", "https:"))  # speaks no TLS
        for url in addresses:
            with pytest.raises(CallFailed) as failed:
                post(read_address(url), headers={}, body=b"{}")
            why.append(failed.value.why)
    monkeypatch.setattr(socket, "getaddrinfo", _nobody)
    with pytest.raises(CallFailed) as failed:
        post(read_address("https://hooks.example.com/"), headers={}, body=b"{}")
    assert [*why, failed.value.why] == ["broken", "unreachable", "tls", "unknown_host"]


def _nobody(*args, **kwargs):
    raise socket.gaierror("Name or service not known")

"""Calls are counted in windows; while nobody can count, nobody is held back."""

import socket
import threading
import time

import pytest
from django.conf import settings

from accounts import rates


@pytest.fixture(autouse=True)
def _present(monkeypatch):
    monkeypatch.setattr(rates, "_away_until", 0.0)
    monkeypatch.setattr(rates, "_kept", threading.local())


def test_calls_are_counted_up_to_the_limit():
    seen = [rates.count(1, who="t:k", limit=2, seconds=30) for _ in range(3)]
    assert [(rate.calls, rate.remaining, rate.excess) for rate in seen] == [
        (1, 1, 0),
        (2, 0, 0),
        (3, 0, 1),
    ]
    assert {rate.ends_in for rate in seen} == {30}


def test_several_calls_are_counted_at_once_and_those_above_the_limit_told():
    assert rates.count(3, who="t:k", limit=5, seconds=30).excess == 0
    assert rates.count(4, who="t:k", limit=5, seconds=30).excess == 2
    assert rates.count(2, who="t:k", limit=5, seconds=30).excess == 2


def test_everybody_has_a_count_of_their_own():
    assert rates.count(1, who="t:a", limit=2, seconds=30).calls == 1
    assert rates.count(1, who="t:b", limit=2, seconds=30).calls == 1


def test_the_window_ends_and_begins_anew():
    assert rates.count(1, who="t:k", limit=1, seconds=1).calls == 1
    assert rates.count(1, who="t:k", limit=1, seconds=1).excess
    time.sleep(1.1)
    assert rates.count(1, who="t:k", limit=1, seconds=1).calls == 1


def test_nobody_is_held_back_while_valkey_is_away(monkeypatch, caplog):
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")
    assert rates.count(1, who="t:k", limit=1, seconds=30) is None
    assert "Rate limits are not counted" in caplog.text
    caplog.clear()
    started = time.monotonic()
    assert rates.count(1, who="t:k", limit=1, seconds=30) is None
    assert time.monotonic() - started < 0.01
    assert caplog.text == ""


def test_a_call_costs_little():
    rates.count(1, who="t:k", limit=1, seconds=30)
    started = time.process_time()
    for _ in range(1000):
        rates.count(1, who="t:k", limit=1, seconds=30)
    spent = (time.process_time() - started) / 1000
    assert spent < 0.000_2


def test_a_connection_that_valkey_closed_is_opened_again():
    assert rates.count(1, who="t:k", limit=2, seconds=30).calls == 1
    rates._connection()._sock.shutdown(socket.SHUT_RDWR)
    assert rates.count(1, who="t:k", limit=2, seconds=30).calls == 2

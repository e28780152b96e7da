"""A file of a million lines goes through in flat memory."""

import os

import pytest

from tests.rewards.test_import_memory import LIMIT, peak_of, shop, write_lines  # noqa: F401

pytestmark = pytest.mark.chaos

ROWS = 100_000 if os.environ.get("CHAOS_SHORT") else 1_000_000


def test_a_million_lines(shop, process_env, tmp_path):  # noqa: F811
    path = tmp_path / "million.csv"
    write_lines(path, rows=ROWS)
    peak = peak_of(path, tenant=shop.slug, env=process_env)
    assert peak < LIMIT, f"{peak:.0f} MB"

"""Alpha and beta, once per worker, with real commits.

Whatever a test does to them is rolled back, and none here makes rows of its own. Tests that do, or
that empty the tables, belong to another folder.
"""

import logging
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connections
from django.test import override_settings

from loyalty.celery import app as celery
from tests.conftest import empty_every_table
from tests.isolation.seed.both import seed
from tests.isolation.world import World


class Log(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[World]:
    files = tmp_path_factory.mktemp("files")
    log = Log()
    logging.getLogger().addHandler(log)
    eager, celery.conf.task_always_eager = celery.conf.task_always_eager, True
    with (
        django_db_blocker.unblock(),
        override_settings(MEDIA_ROOT=str(files), ACCOUNT_RATE_LIMITS=False, MFA_RATE_LIMITS=False),
    ):
        assert str(files) == settings.MEDIA_ROOT
        try:
            yield World(*seed(), files, log.lines)
        finally:
            connections["default"].close()
            empty_every_table()
            celery.conf.task_always_eager = eager
            logging.getLogger().removeHandler(log)

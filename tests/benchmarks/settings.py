"""The service's settings, with one bare route beside it as the floor for HTTP."""

from loyalty.settings import *  # noqa: F403

FRONT_URLCONF = "tests.benchmarks.bare"

API_CALLS_PER_MINUTE = 10_000_000  # the limit is counted, and never reached

"""Passwords of people in tests, who have nothing to lose."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickPasswordHasher(Argon2PasswordHasher):
    """As production hashes, at the least cost that Argon2 takes: there it is slow by intention."""

    time_cost = 1
    memory_cost = 8  # KiB
    parallelism = 1

"""A believable tenant, made by running the real rules over a made-up history."""

from loyalty.demo.people import SignIn
from loyalty.demo.seeding import DemoRefused, Result, Step, seed, sign_ins

__all__ = ["DemoRefused", "Result", "SignIn", "Step", "seed", "sign_ins"]

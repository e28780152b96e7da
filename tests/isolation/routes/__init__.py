"""Every route with its methods, who is let in, and where it takes identifiers from.

By business, as in `tests.isolation.rooms`, whose routes are here as well. A route of the URL confs
that is not here fails the build (see test_matrix).
"""

from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from tests.isolation.calls import Route
from tests.isolation.rooms import ROOMS

BUSINESSES = [import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__)]
ROUTES: dict[str, Route] = {
    name: route for one in (*BUSINESSES, *ROOMS) for name, route in one.ROUTES.items()
}

CONFS = {"": "loyalty.urls", "front ": "loyalty.front.urls"}


def enumerated() -> dict[str, str]:
    """Every route of both URL confs, by name: its pattern."""
    return {name: pattern for name, (pattern, _) in _found().items()}


def views() -> dict[str, Callable[..., Any]]:
    """What answers at each route, by its name."""
    return {name: view for name, (_, view) in _found().items()}


def _found() -> dict[str, tuple[str, Callable[..., Any]]]:
    found = {}
    for prefix, conf in CONFS.items():
        for name, pattern, view in _walk(get_resolver(conf), ""):
            assert prefix + name not in found, f"two routes are called {name}"
            found[prefix + name] = pattern, view
    return found


def _walk(resolver: URLResolver, before: str):
    for one in resolver.url_patterns:
        pattern = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield one.name or pattern, pattern, one.callback
        else:
            yield from _walk(one, pattern)

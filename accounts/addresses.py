"""Absolute addresses: of the service itself and of each tenant's workspace."""

from django.conf import settings

_USUAL_PORTS = {"http": 80, "https": 443}


def host_of(slug: str) -> str:
    """The workspace's host, with the port where it is not the scheme's own."""
    return f"{slug}.{front_host()}"


def front_host() -> str:
    usual = _USUAL_PORTS[settings.SCHEME] == settings.PORT
    return settings.DOMAIN if usual else f"{settings.DOMAIN}:{settings.PORT}"


def tenant_url(*, slug: str, path: str = "/") -> str:
    """An address at the workspace `slug`; `path` begins with a slash."""
    return f"{settings.SCHEME}://{host_of(slug)}{path}"


def front_url(*, path: str = "/") -> str:
    return f"{settings.SCHEME}://{front_host()}{path}"


def every_workspace() -> str:
    """All workspaces, as a content security policy writes it."""
    return f"{settings.SCHEME}://*.{front_host()}"

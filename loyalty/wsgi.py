"""The web process. It refuses to serve without the wall between tenants."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loyalty.settings")

application = get_wsgi_application()

from accounts.guards import refuse_unless_walled  # noqa: E402  (Django must be set up first)

refuse_unless_walled()

from django.urls import get_resolver  # noqa: E402

from loyalty import heap  # noqa: E402

# The views are imported now, not while the first caller waits.
_ = get_resolver().url_patterns
heap.settle()

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"

from loyalty.wsgi import application

__all__ = ["application"]

"""docker-compose.yml: there is no Docker here, so it is read instead of run."""

import re

import yaml

from loyalty.servers import PROJECT
from loyalty.servers.postgres import DURABLE

TEXT = (PROJECT / "docker-compose.yml").read_text()
SAID, SERVICES = TEXT.partition("x-app:")[0], yaml.safe_load(TEXT)["services"]


def test_it_says_every_value_that_it_asks_for():
    asked = set(re.findall(r"\$\{(\w+)", TEXT))
    assert {name for name in asked if name not in SAID} == set()


def test_postgres_is_set_as_on_a_developers_machine():
    command = SERVICES["postgres"]["command"]
    assert command[1::2] == ["-c"] * len(DURABLE)
    assert [re.sub(r"\$\{\w+:-(\w+)\}", r"\1", one) for one in command[2::2]] == DURABLE


def test_nothing_of_ours_starts_before_the_tables_are_there():
    ours = [name for name, service in SERVICES.items() if service.get("image") == "loyalty"]
    waiting = {name for name in ours if "migrate" in SERVICES[name]["depends_on"]}
    assert waiting == set(ours) - {"migrate"}

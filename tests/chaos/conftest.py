from collections.abc import Iterator

import pytest

from tests.chaos.site import Site


@pytest.fixture(scope="session")
def site(tmp_path_factory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.close()

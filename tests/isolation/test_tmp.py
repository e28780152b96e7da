from tests.isolation.matrix import leaks
from tests.isolation.routes import ROUTES
from tests.isolation.world import World


def test_rebates(world: World):
    names = [
        n
        for n in ROUTES
        if any(
            w in n
            for w in (
                "rebate",
                "agreement",
                "accrual",
                "settlement",
                "api_statement_",
                "portal_overview",
            )
        )
    ] + ["field", "field_account", "console"]
    found = list(leaks(world, names))
    print(len(names))
    assert found == []

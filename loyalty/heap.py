"""Python's garbage collector, told what a process of the service is made of."""

import gc


def settle() -> None:
    """Leave what has been loaded out of every later collection; call it when all is imported.

    Modules, models and routes are some 150,000 objects that stay as long as the process. Looking at
    them again and again took a third of the Python time of a large batch of facts, which makes
    many objects and no cycles. For that reason, too, collections are made rarer.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)

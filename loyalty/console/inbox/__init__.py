"""One queue for everything that waits for a decision, whatever it is of.

A program plugs in with one `Kind` in `registry`; what may be done with a row is asked of the rule
that does it, never decided here.
"""

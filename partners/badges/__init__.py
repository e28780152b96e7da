"""Badges: what anybody can see and check of a certificate whose address they were given."""

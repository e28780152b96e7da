"""Referrals: who sent a customer first, whether that is what it seems, and what both get for it."""

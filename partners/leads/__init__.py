"""Leads: who gets which and why, what partners answer and report, and what time does to them."""

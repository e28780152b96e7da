"""Satisfaction: short surveys, whose answers are facts and so a measure that tiers may ask for."""

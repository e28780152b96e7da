"""Support and co-selling: what a tier entitles to is asked for, counted, looked after, answered."""

"""Market development and co-op funds: budgets, allocations, requests, claims, and what is paid."""

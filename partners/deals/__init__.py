"""Deal registration: who brought a customer first, what that protects, and what comes of it."""

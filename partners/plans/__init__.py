"""Joint plans: goals of a partner and the tenant, agreed by both, and how they go."""

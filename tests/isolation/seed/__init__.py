"""What there is of the two tenants, by business; what partner programs have is in their rooms."""

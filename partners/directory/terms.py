"""Whether a tenant has a directory, and how it presents itself."""

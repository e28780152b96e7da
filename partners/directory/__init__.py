"""The public directory of partners: profiles, their approval, and the search."""

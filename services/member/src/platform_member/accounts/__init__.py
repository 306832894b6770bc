"""Members: accounts, and their changes by members and administrators."""

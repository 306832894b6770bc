"""The administrator's pages: members and orders."""

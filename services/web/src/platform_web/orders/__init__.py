"""The member's orders."""

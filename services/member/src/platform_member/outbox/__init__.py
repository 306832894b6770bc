"""What other services learn of a member, and how each is told."""

"""A member's own second factors: set up, shown, removed. Member keeps them."""

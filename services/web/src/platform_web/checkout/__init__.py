"""The checkout: address and payment, review, place."""

"""What a visitor means to buy, with or without an account."""

"""What was bought: made once, with its stock, and moved along."""

"""What is paid: a provider behind a protocol, and what it tells us."""

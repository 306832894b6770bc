"""What each problem code means, for people."""

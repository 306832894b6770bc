"""What several tests of member use."""

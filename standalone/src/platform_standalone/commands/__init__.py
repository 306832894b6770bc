"""The commands of `member-platform`, one per module."""

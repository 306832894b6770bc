"""The switch of language and theme."""

"""The tables, in steps. A step that is released never changes; each works with the code before and after it."""

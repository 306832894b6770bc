"""The shop front: pages that work without JavaScript, and the visitor's session."""

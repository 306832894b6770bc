"""The services that pages are made of: one kept-alive client for each, on the internal network."""

"""The mailbox of the standalone mode: an SMTP server that keeps every mail, and a page that shows them."""

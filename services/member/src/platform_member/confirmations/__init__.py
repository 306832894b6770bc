"""Links and codes in mails that prove who reads an address: each works once, for a while."""

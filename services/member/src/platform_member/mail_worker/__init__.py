"""The mail worker (`member mail-worker`): renders the mails of the outbox and hands them to the mail server."""

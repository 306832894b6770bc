"""Mails that still have to be sent: written with the change that causes them, sent by `platform_member.mail_worker`."""

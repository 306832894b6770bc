"""Verification of e-mail addresses and recovery of passwords, by links and codes in mails."""

"""Pages that mails lead to: `/verify-email`, `/forgot-password`, `/reset-password`; only where mails are sent."""

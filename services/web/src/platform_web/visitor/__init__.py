"""Who looks at a page: language, theme, session, and the proof that a form is ours."""

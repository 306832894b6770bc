"""Styles, scripts and pictures of the site: named by their content, kept in memory, compressed once."""

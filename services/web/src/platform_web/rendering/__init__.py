"""Pages from templates: language, formats, headers, and problems as pages."""

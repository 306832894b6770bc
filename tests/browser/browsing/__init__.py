"""What the suite looks at pages with: a browser, a person who shops, and eyes for what no one may see."""

"""What is for sale: products with variants, categories, search, pictures."""

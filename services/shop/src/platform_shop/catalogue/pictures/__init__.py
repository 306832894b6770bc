"""Pictures of products, drawn from a few words: no file, no foreign asset, the same picture every time."""

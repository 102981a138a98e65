"""What the brand sounds like: style, curation, dataset, checks, rendering, voices."""

"""The commands, grouped by the noun they work on."""

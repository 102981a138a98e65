"""What was said: messages, store, importers, privacy, consent."""

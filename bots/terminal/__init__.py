"""The terminal platform: talk to a voice where you are."""

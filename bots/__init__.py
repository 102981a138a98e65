"""Where people talk to a voice: platforms and engines."""

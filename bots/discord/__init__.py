"""Discord as a place where people talk to a voice."""

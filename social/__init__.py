"""Connections to networks, posts and their publishing, numbers; promotion of events."""

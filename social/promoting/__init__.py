"""Promotion of events: a plan of touches that fills a field, follows changes and stops when it is full."""

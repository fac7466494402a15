"""A stand-in for Facebook, Instagram and X: their protocols over HTTP, with a store of its own.

Written from the networks' published protocols and never from the platform's own clients; nothing here is imported by
the platform, and nothing here imports the platform.
"""

"""Thin clients of Facebook, Instagram and X: how each is asked, and what its answers mean. No row is touched here."""

"""Publishing a changed journey: what is different, and what becomes of those under way."""

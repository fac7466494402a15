"""Access, erasure, restriction and retention of personal data."""

"""Rule language, compiler, membership and its history, explanation."""

"""Moving people through steps: claimed in batches, executed by step, a few statements for all who stand there."""

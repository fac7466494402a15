"""What each type of event does to a customer: pure functions, event in, drafts out."""

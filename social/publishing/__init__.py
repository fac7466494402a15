"""Publishing: due targets are claimed, commits are tried once, and what is not known is asked of the network."""

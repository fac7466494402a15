"""The media library: files made fit for networks, and served to them under addresses that nobody can guess."""

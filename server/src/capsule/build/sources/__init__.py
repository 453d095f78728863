"""Where source trees come from: a git repository or an uploaded archive."""

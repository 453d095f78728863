"""The HTTP of an app's own host: who asks, and the API for pages, programs and agents."""

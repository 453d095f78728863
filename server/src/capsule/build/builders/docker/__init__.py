"""Execute plans with an image: by the Docker daemon, or by only fetching what is named."""

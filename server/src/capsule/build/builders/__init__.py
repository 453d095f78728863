"""Execute plans. One folder per driver of `build.contract.Builder`."""

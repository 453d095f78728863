"""Execute plans as ordinary processes inside the sandbox's walls; needs no container engine."""

"""Turns of conversations: begun, run on a runtime, run again after a crash; what handlers do in them."""

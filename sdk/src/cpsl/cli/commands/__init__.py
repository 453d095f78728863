"""One module per noun; each holds click commands and nothing that another noun needs."""

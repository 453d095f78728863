"""The JSON shapes of the API that more than one domain answers with. Know models, no queries, no HTTP."""

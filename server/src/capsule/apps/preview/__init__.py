"""Show what listens on a port of a user's runtime: `session.show_browser(port=)`.

What is shown was made by the app, or by a model that the app asked. It is served from the app's own host
and must not act as the app's page: each answer puts itself into a sandbox, where it has an origin of its own,
no cookies and no way to the API of the app. Its address is a capability (`tokens`), since it cannot have
a cookie.
"""

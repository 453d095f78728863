"""Users of an app: visitors, sign-up and sign-in by password, by a link in a mail, by OpenID."""

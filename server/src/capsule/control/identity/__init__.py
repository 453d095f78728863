"""Who somebody is: users, teams, logins, tokens. The lowest tier."""

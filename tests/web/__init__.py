"""The whole web application from outside: walls between workspaces and roles, headers, pages."""

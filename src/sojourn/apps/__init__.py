"""What people see and edit: one Django app per kind of work, each deletable as one folder."""

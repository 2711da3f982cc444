"""What time the boards of a mesh agree that it is: one mesh time, frames that begin together, and how good both are."""

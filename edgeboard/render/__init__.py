"""What the eye sees: a canvas as a picture. Pure files; panels are drawn elsewhere."""

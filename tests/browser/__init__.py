"""A package, so that the browser and the boards that its tests share end with the last of them."""

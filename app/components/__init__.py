"""Browser components: what has to move on every frame and therefore cannot wait for Python."""

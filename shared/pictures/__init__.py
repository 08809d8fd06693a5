"""Pictures opened, measured and drawn with Pillow: the same for vectors and for thumbnails."""

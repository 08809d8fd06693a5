"""VGG16: its layers, weights and poolings."""

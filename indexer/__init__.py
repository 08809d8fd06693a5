"""What Lookalike knows of pictures: the collections in Milvus, and the scans that fill them."""

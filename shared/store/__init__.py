"""Milvus: collections, images, searches. The only package that imports pymilvus."""

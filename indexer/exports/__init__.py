"""The files of exports: rows as Parquet, uploaded pictures as tar."""

"""Pictures in buckets: S3 and its kin, Google's, Azure's."""

from shared.sources.buckets.kind import BucketFiles, BucketObject, StoreOpener

__all__ = ["BucketFiles", "BucketObject", "StoreOpener"]

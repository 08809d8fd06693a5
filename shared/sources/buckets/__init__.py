"""Pictures in buckets: S3 and its kin, Google's, Azure's."""

from shared.sources.buckets.kind import BucketFiles, StoreOpener
from shared.sources.buckets.objects import BucketObject

__all__ = ["BucketFiles", "BucketObject", "StoreOpener"]

"""Which image keeps a content, where a job leaves out duplicates."""

from collections.abc import Sequence

from shared.ledger import keys
from shared.redis import RedisClient
from shared.retry import Retriable, repeatable

#: Long enough for a fresh row to be visible to Milvus queries on every node.
_CONTENT_SECONDS = 600


class ContentClaims(Retriable):
    """Claims of contents by images; each lasts ten minutes."""

    def __init__(self, redis: RedisClient) -> None:
        self._redis = redis

    @repeatable
    def claim(self, collection: str, contents: Sequence[tuple[str, str]]) -> Sequence[str]:
        """Claim contents for images, so that of two equal files only the first is kept.

        `contents` holds (sha256, image id); returns for each the id that holds the claim, which
        is the image's own id where the claim succeeded now or earlier.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            for sha256, image in contents:
                key = keys.content(collection, sha256)
                pipe.set(key, image, nx=True, ex=_CONTENT_SECONDS)
                pipe.get(key)
            replies = pipe.execute()
        owners = zip(replies[1::2], contents, strict=True)
        return [owner.decode() if owner else image for owner, (_, image) in owners]

"""What requests and replies of the API hold.

Generated from the OpenAPI document by `make client`; do not edit.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from lookalike_client.model import Model
from pydantic import AwareDatetime, ConfigDict, Field


class AnyOf(Model):
    """
    The field has one of these values; a list, such as the tags, has one of them at least.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    field: Annotated[
        str,
        Field(
            description="`id`, `uri`, `sha256`, `format`, `tags`, `width`, `height`, `bytes`, `added_at`, `modified_at`, `job`; `taken_at`, `camera`, `lens`, `gps.lat`, `gps.lon`, which not every image has; or a name in the metadata: `metadata.album.name`."
        ),
    ]
    any: Annotated[
        list[bool | int | float | str],
        Field(description="Times are RFC 3339; a `uri` may be an absolute path."),
    ]


class ArchiveSource(Model):
    kind: Literal["archive"] = "archive"
    path: str


class ArchiveSourceInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    kind: Literal["archive"] = "archive"
    path: Annotated[
        str,
        Field(
            description="A .zip, .tar, .tar.gz, .tar.xz or .tar.zst under an image root, told by its content; relative paths begin at a root."
        ),
    ]


class Bounds(Model):
    """
    The ends of a range: greater than, greater or equal, less than, less or equal.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    gt: bool | int | float | str | None = None
    gte: bool | int | float | str | None = None
    lt: bool | int | float | str | None = None
    lte: bool | int | float | str | None = None


class BucketSource(Model):
    kind: Literal["bucket"] = "bucket"
    url: str
    pattern: str | None
    exclude: list[str]


class BucketSourceInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    kind: Literal["bucket"] = "bucket"
    url: Annotated[
        str,
        Field(
            description="A bucket, or a prefix in it, under one of LOOKALIKE_BUCKET_ROOTS: `s3://bucket/prefix`. It is a folder: `2020` does not mean `2020-old`."
        ),
    ]
    pattern: Annotated[
        str | None,
        Field(description="Only objects whose name or key below `url` matches this glob: `*.jpg`."),
    ] = None
    exclude: Annotated[
        list[str],
        Field(
            description="No objects that match one of these globs, or lie in a folder that does."
        ),
    ] = []


class CalibrationSource(Model):
    """
    None: the job tells the collection's own thresholds.
    """

    kind: Literal["calibration"] = "calibration"


class CalibrationThreshold(Model):
    """
    What a hit must have, so that few pairs of the collection's different pictures have it.
    """

    false_match_rate: Annotated[float, Field(description="The share of these pairs that has it.")]
    score: Annotated[
        float | None,
        Field(description="A `min_score`; null where the pairs are too few."),
    ]
    match: Annotated[
        float | None,
        Field(description="The same as a `min_match`; null, too, where the vectors have no match."),
    ]
    pairs_above: Annotated[int | None, Field(description="How many of the pairs have it.")]


class Check(Model):
    """
    One part that Lookalike needs.
    """

    state: Annotated[
        Literal["ok", "away"],
        Field(description="`ok`: it answered within the last 15 seconds."),
    ]
    age_seconds: Annotated[
        float | None, Field(description="Since its last answer; null before the first.")
    ]


class CollectionChanges(Model):
    """
    What of a collection is to change; what is left out stays.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    name: Annotated[str | None, Field(description="Its new name.")] = None
    keep_alias: Annotated[
        bool,
        Field(
            description="With `name`: whether the old name goes on naming it, until it is deleted."
        ),
    ] = False
    description: str | None = None


class Count(Model):
    count: Annotated[
        int,
        Field(description="Images that match, after every write that has returned."),
    ]


class CreatedKey(Model):
    """
    A new key, with what its holder sends.
    """

    id: str
    name: str
    actions: list[Literal["read", "write", "delete", "admin"]]
    collections: list[str]
    expires_at: AwareDatetime | None
    rate_per_minute: int | None
    created_at: AwareDatetime
    created_by: Annotated[str, Field(description="The name of the key that made it.")]
    last_used_at: Annotated[
        AwareDatetime | None,
        Field(description="To the minute; null before its first use."),
    ]
    expired: bool
    key: Annotated[str, Field(description="Shown this once: only its SHA-256 is stored.")]


class CropFractions(Model):
    """
    A part of the upright picture, in fractions of its width and height.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    x: float
    y: float
    width: float
    height: float


class Deleted(Model):
    deleted: Annotated[int, Field(description="Images that were forgotten.")]


class DeletionSource(Model):
    """
    The images of a filter, which the job forgets; `removed` counts them.
    """

    kind: Literal["deletion"] = "deletion"
    tag: str | None
    path_prefix: str | None
    filter: Annotated[dict[str, Any] | None, Field(description="As it was given.")]


class Descriptor(Model):
    """
    How a feature map becomes a vector.
    """

    pooling: Literal["avg", "max", "gem", "rmac"]
    weights: str


class DescriptorInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    pooling: Annotated[
        Literal["avg", "max", "gem", "rmac"] | None,
        Field(description="Default: the server's setting."),
    ] = None
    weights: Annotated[
        str | None,
        Field(
            description="The encoder's weights, by full name or by kind (`imagenet`); they must be those of the running encoder. Default: whatever it runs with."
        ),
    ] = None


class DirectorySource(Model):
    kind: Literal["directory"] = "directory"
    path: str
    recursive: bool
    pattern: str | None
    exclude: list[str]


class DirectorySourceInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    kind: Literal["directory"] = "directory"
    path: Annotated[
        str,
        Field(description="A directory under an image root; relative paths begin at a root."),
    ]
    recursive: Annotated[bool, Field(description="Whether to go into sub-directories.")] = True
    pattern: Annotated[
        str | None,
        Field(description="Only files whose name or path below `path` matches this glob: `*.jpg`."),
    ] = None
    exclude: Annotated[
        list[str],
        Field(description="No files that match one of these globs, or lie in a folder that does."),
    ] = []


class DuplicatesComputed(Model):
    """
    When and how the groups were computed; what was loaded since is in none.
    """

    job: str
    computed_at: AwareDatetime
    images: Annotated[int, Field(description="Images that were looked at.")]
    identical_only: Annotated[
        bool,
        Field(
            description="Whether only equal files were looked for, as the collection's weights have no match curve (`make fit-match`)."
        ),
    ]
    copy_match: Annotated[float | None, Field(description="The least match of copies.")]
    similar_match: Annotated[float | None, Field(description="The least match of what is similar.")]


class DuplicatesInput(Model):
    """
    How to look for duplicates.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    min_match: Annotated[
        float | None,
        Field(
            description="The least match of copies, 0.9 unless given. What is below, down to 0.5, is `similar`."
        ),
    ] = None


class DuplicatesSource(Model):
    """
    All images, among which the job finds duplicates; `unchanged` counts those looked at.
    """

    kind: Literal["duplicates"] = "duplicates"
    min_match: Annotated[float, Field(description="The least match of copies.")]


class Exists(Model):
    """
    Whether the field has a value: an image has tags or a fact, its metadata such a name.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    field: Annotated[
        str,
        Field(
            description="`id`, `uri`, `sha256`, `format`, `tags`, `width`, `height`, `bytes`, `added_at`, `modified_at`, `job`; `taken_at`, `camera`, `lens`, `gps.lat`, `gps.lon`, which not every image has; or a name in the metadata: `metadata.album.name`."
        ),
    ]
    exists: bool


class ExportInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    uploads: Annotated[
        bool,
        Field(
            description="Whether to write the files of uploaded and fetched pictures, too. Those of folders, archives and buckets are never written."
        ),
    ] = True


class ExportPart(Model):
    """
    One file of an export.
    """

    name: str
    kind: Literal["images", "regions", "uploads"]
    rows: Annotated[int, Field(description="Images, vectors of regions, or pictures.")]
    bytes: int
    sha256: str


class ExportSource(Model):
    """
    The collection itself, which the job writes to files; `unchanged` counts images in them.
    """

    kind: Literal["export"] = "export"
    uploads: Annotated[
        bool,
        Field(description="Whether the files of uploaded pictures are written, too."),
    ]


class FacetValue(Model):
    """
    One value, and how many images have it.
    """

    value: bool | int | float | str
    count: Annotated[int, Field(description="Of the images that were looked at.")]


class Failure(Model):
    """
    One file that could not be indexed.
    """

    uri: str
    code: str
    reason: str
    attempts: int
    name: Annotated[str | None, Field(description="What an uploader called it.")]
    source_url: Annotated[
        str | None, Field(description="The address that it is, or was, fetched from.")
    ]


class FailureList(Model):
    """
    Failures, in the order they were met.
    """

    items: list[Failure]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class FieldError(Model):
    """
    What is wrong with one part of a request.
    """

    field: Annotated[str, Field(description="Its location: `body.top_k`, `query.limit`.")]
    message: str


class Folder(Model):
    name: str
    path: Annotated[
        str,
        Field(description="What a load takes as its `path`, or as the `url` of a bucket."),
    ]
    kind: Literal["folder", "file"]


class FolderList(Model):
    """
    Folders, and files where they are asked for, by name.
    """

    items: list[Folder]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class ImageExample(Model):
    """
    An image of the collection, or a part of it; it is left out of the hits.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    image: str
    crop: CropFractions | None = None


class ImportSource(Model):
    """
    An export, whose images the job writes into the collection; `unchanged` counts them.
    """

    kind: Literal["import"] = "import"
    export: Annotated[str, Field(description="The export's name.")]


class InFolder(Model):
    """
    The image's file lies in this folder or below it, never in one whose name begins alike.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    folder: Annotated[str, Field(description="An absolute path or a uri.")]


class InRange(Model):
    """
    The field is a number or a time in a range; metadata may be a string, too.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    field: Annotated[
        str,
        Field(
            description="`id`, `uri`, `sha256`, `format`, `tags`, `width`, `height`, `bytes`, `added_at`, `modified_at`, `job`; `taken_at`, `camera`, `lens`, `gps.lat`, `gps.lon`, which not every image has; or a name in the metadata: `metadata.album.name`."
        ),
    ]
    range: Bounds


class Index(Model):
    """
    The Milvus index over the vectors.
    """

    type: Literal[
        "FLAT",
        "IVF_FLAT",
        "IVF_SQ8",
        "IVF_RABITQ",
        "SCANN",
        "HNSW",
        "HNSW_SQ",
        "DISKANN",
        "AUTOINDEX",
    ]
    params: Annotated[
        dict[str, int | bool | str],
        Field(description="Its parameters; those left out take their defaults."),
    ] = {}


class IndexInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    type: Literal[
        "FLAT",
        "IVF_FLAT",
        "IVF_SQ8",
        "IVF_RABITQ",
        "SCANN",
        "HNSW",
        "HNSW_SQ",
        "DISKANN",
        "AUTOINDEX",
    ]
    params: Annotated[
        dict[str, int | bool | str],
        Field(description="Its parameters; those left out take their defaults."),
    ] = {}


class JobError(Model):
    """
    Why a job ended as `failed`.
    """

    code: str
    detail: str


class Key(Model):
    """
    A stored key.
    """

    id: str
    name: str
    actions: list[Literal["read", "write", "delete", "admin"]]
    collections: list[str]
    expires_at: AwareDatetime | None
    rate_per_minute: int | None
    created_at: AwareDatetime
    created_by: Annotated[str, Field(description="The name of the key that made it.")]
    last_used_at: Annotated[
        AwareDatetime | None,
        Field(description="To the minute; null before its first use."),
    ]
    expired: bool


class KeyInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    name: Annotated[
        str, Field(description="For people, and for the log: whose it is, or what for.")
    ]
    actions: Annotated[
        list[Literal["read", "write", "delete", "admin"]],
        Field(
            description="`read`: see and search. `write`: load, upload, label, create. `delete`: forget images, drop collections. `admin`: all of that; with the collections `*` also keys and metrics."
        ),
    ]
    collections: Annotated[
        list[str],
        Field(description="Names of collections; `*` stands for any number of letters."),
    ]
    expires_at: Annotated[
        AwareDatetime | None,
        Field(description="When it ends, with the offset from UTC; null for never."),
    ] = None
    rate_per_minute: Annotated[
        int | None, Field(description="Requests in any minute; null for no limit.")
    ] = None


class KeyList(Model):
    """
    Stored keys, the oldest first.
    """

    items: list[Key]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class LastDelivery(Model):
    """
    The last try to deliver a message.
    """

    job: str
    at: AwareDatetime
    ok: bool
    code: Annotated[
        str,
        Field(
            description="`http_200` and the like for the status that was answered, or why there was none: `fetch_forbidden`, `fetch_timeout`, `fetch_failed`."
        ),
    ]


class Limits(Model):
    """
    What a client should know before it sends.
    """

    max_upload_mb: int
    max_upload_files: int
    max_pixels: int
    max_top_k: int
    max_tags: int
    queue_limit: int


class Liveness(Model):
    status: Literal["alive"] = "alive"


class PictureExample(Model):
    """
    A picture's bytes in base64, or a part of it.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    base64: Annotated[str, Field(json_schema_extra={"contentEncoding": "base64"})]
    crop: CropFractions | None = None


class PictureFormat(Model):
    """
    A format of pictures that can be indexed and searched with.
    """

    name: Literal["jpeg", "png", "webp", "gif", "bmp", "tiff", "avif", "heic"]
    media_type: str
    extensions: Annotated[
        list[str],
        Field(
            description="Extensions of its files. A file's content, not its name, decides its format."
        ),
    ]


class Place(Model):
    """
    Degrees north and east, WGS 84.
    """

    lat: float
    lon: float


class Problem(Model):
    """
    An error, after RFC 9457.
    """

    type: Annotated[str, Field(description="A URI that names the kind of problem.")]
    title: str
    status: int
    detail: Annotated[str, Field(description="Cause and remedy, for a person.")]
    code: Annotated[str, Field(description="A stable snake_case word, for a program.")]
    request_id: Annotated[
        str | None,
        Field(description="The request's `X-Request-ID`, by which the server's log knows it."),
    ] = None
    errors: Annotated[
        list[FieldError] | None,
        Field(description="With code `validation_error`: what is wrong, part by part."),
    ] = None


class QueryFailure(Model):
    """
    A query of a batch that failed, alone.
    """

    error: Problem


class Readiness(Model):
    status: Literal["ready", "not_ready"]
    redis: Check
    milvus: Check
    encoder: Check


class Reencoding(Model):
    """
    The vectors beside those that are searched.
    """

    state: Annotated[
        Literal["unfinished", "kept"],
        Field(
            description="`unfinished`: they are made, or were until the job ended early. `kept`: they are those that were searched before the re-encoding."
        ),
    ]
    job: Annotated[str, Field(description="The job that makes them, or replaced them.")]
    encoder: Annotated[str, Field(description="Their fingerprint.")]
    descriptor: Descriptor
    index: Index


class ReencodingInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    pooling: Annotated[
        Literal["avg", "max", "gem", "rmac"] | None,
        Field(description="Default: the one that it has."),
    ] = None
    index: Annotated[IndexInput | None, Field(description="Default: the one that it has.")] = None
    allow_missing: Annotated[
        bool,
        Field(
            description="Go on without the images that cannot be encoded any more: they are not in the collection afterwards."
        ),
    ] = False


class ReencodingSource(Model):
    """
    None: the job encodes the collection's images anew.

    `indexed` counts those that have new vectors, `unchanged` those that were deleted meanwhile.
    """

    kind: Literal["reencoding"] = "reencoding"
    pooling: Literal["avg", "max", "gem", "rmac"]
    index: Index
    allow_missing: Annotated[
        bool, Field(description="Whether it goes on without what cannot be encoded.")
    ]


class Region(Model):
    """
    A part of the upright picture, in fractions of its width and height.
    """

    x: float
    y: float
    width: float
    height: float


class Resolution(Model):
    """
    Which images of a group stay.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    keep: list[str]


class Resolved(Model):
    """
    What became of a group.
    """

    deleted: Annotated[int, Field(description="Images that were forgotten.")]
    left: Annotated[
        int,
        Field(
            description="Images that are to be forgotten and are there still, as the group has more than 1,000: call again with the same `keep`."
        ),
    ]


class RetrySource(Model):
    kind: Literal["retry"] = "retry"
    job: Annotated[str, Field(description="The job whose failed files are tried again.")]
    files: int


class SearchHit(Model):
    """
    One image that looks alike.
    """

    id: str
    score: Annotated[
        float,
        Field(
            description="Cosine similarity, -1 to 1; larger is more alike. Of `best_score` its score."
        ),
    ]
    distance: Annotated[
        float,
        Field(
            description="Euclidean distance of unit vectors; smaller is more. With `best_score`, that to the nearest positive example, or to the nearest negative one without any."
        ),
    ]
    match: Annotated[
        float | None,
        Field(
            description="Probability, 0 to 1, that this is the same picture edited: re-encoded, scaled, cropped, framed, recoloured. By the score, with a curve for these vectors; null where there is none."
        ),
    ]
    uri: str
    width: int
    height: int
    format: str
    bytes: int
    tags: list[str]
    metadata: dict[str, Any]
    content_url: str
    thumbnail_url: str
    vector: Annotated[
        list[float] | None, Field(description="512 floats, if they were asked for.")
    ] = None
    region: Annotated[
        Region | None,
        Field(
            description="The part of the picture that the score is of, in a collection with regions, where that is more alike than the whole picture; otherwise left out."
        ),
    ] = None


class SessionInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    api_key: str


class StandingSourceChanges(Model):
    """
    What to change; what is left out stays.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    on_duplicate: Literal["keep", "skip"] = "keep"
    sync: Annotated[bool, Field(description="Whether loads forget images whose file is gone.")] = (
        False
    )
    cron: str | None = None
    watch: Annotated[
        bool,
        Field(description="Whether files of a directory are loaded soon after they are written."),
    ] = False
    paused: Annotated[bool, Field(description="Whether it is loaded only on request.")] = False


class TagsChanged(Model):
    changed: Annotated[int, Field(description="Images whose tags are other ones now.")]
    remaining: Annotated[
        int,
        Field(
            description="Images that are still to change, as one call changes some thousands at most: repeat it until this is 0."
        ),
    ]
    missing: Annotated[
        list[str],
        Field(description="Those of the ids that the collection does not have."),
    ]


class TagsEdit(Model):
    """
    Changes of the tags that an image has.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    add: Annotated[list[str], Field(description="Tags that it has afterwards.")] = []
    remove: Annotated[list[str], Field(description="Tags that it has not afterwards.")] = []


class TookMs(Model):
    """
    Milliseconds spent; `encode` includes the wait for an encoder; 0 if none was used.
    """

    encode: float
    search: float
    total: float


class UploadSource(Model):
    kind: Literal["upload"] = "upload"
    files: int


class UploadedFile(Model):
    """
    The outcome of one file of an upload.
    """

    name: Annotated[str, Field(description="As the uploader called it.")]
    id: Annotated[
        str | None,
        Field(description="The image's id; null when the file was rejected."),
    ]
    uri: str | None
    outcome: Annotated[
        Literal["queued", "indexed", "unchanged", "duplicate", "failed", "rejected"],
        Field(
            description="`rejected`: no picture that can be read, so it is no part of the job; `queued`: look at the job for more."
        ),
    ]
    code: Annotated[str | None, Field(description="Why it failed or was rejected.")] = None
    reason: str | None = None


class UrlExample(Model):
    """
    A picture at an address, which the server fetches, or a part of it.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    url: Annotated[
        str,
        Field(
            description="An http or https address. Its host must be on the public internet, or on a network that the server's LOOKALIKE_FETCH_ALLOW names."
        ),
    ]
    crop: CropFractions | None = None


class UrlsSource(Model):
    kind: Literal["urls"] = "urls"
    addresses: Annotated[int | None, Field(description="How many the request named.")]
    path: Annotated[str | None, Field(description="The file that lists them.")]
    column: str | None


class UrlsSourceInput(Model):
    """
    Pictures at addresses: a few in the request, or the many that a file lists.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    kind: Literal["urls"] = "urls"
    urls: Annotated[list[str] | None, Field(description="Addresses; or give a `path`.")] = None
    path: Annotated[
        str | None,
        Field(
            description="A file of addresses under an image root: a text of one in each line, a .csv or .tsv file, or a .parquet file."
        ),
    ] = None
    column: Annotated[
        str | None,
        Field(description="The column that holds them, of a .csv, .tsv or .parquet file."),
    ] = None


class VectorExample(Model):
    """
    A vector of the caller's own.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    vector: Annotated[
        list[float],
        Field(description="512 numbers of any length but zero; only their direction counts."),
    ]


class Webhook(Model):
    """
    An address that is told of events.
    """

    id: str
    url: str
    events: list[Literal["job.finished"]]
    created_at: AwareDatetime
    waiting: Annotated[int, Field(description="Messages that are to be delivered.")]
    delivered: int
    given_up: Annotated[
        int, Field(description="Messages that were tried for twelve hours in vain.")
    ]
    dropped: Annotated[int, Field(description="Messages that came while 10,000 waited.")]
    failures: Annotated[int, Field(description="Tries in vain since the last success.")]
    next_try: AwareDatetime | None
    last_delivery: LastDelivery | None


class WebhookInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    url: Annotated[
        str,
        Field(
            description="An http or https address. Its host must be on the public internet, or on a network that the server's LOOKALIKE_FETCH_ALLOW names."
        ),
    ]
    events: Annotated[
        list[Literal["job.finished"]],
        Field(description="What it is told of: `job.finished`."),
    ]
    secret: Annotated[str, Field(description="The key of the signatures. It is not shown again.")]


class WebhookList(Model):
    """
    Webhooks, the oldest first.
    """

    items: list[Webhook]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class Worker(Model):
    """
    A process whose heartbeat has not expired.
    """

    name: str
    queue: str
    device: str
    runtime: str
    precision: str
    weights: Annotated[
        str,
        Field(description="An encoder's own; it encodes no collection that has others."),
    ] = ""
    images_per_second: float
    started_at: AwareDatetime
    seen_at: AwareDatetime


class Calibration(Model):
    """
    The thresholds of one collection, from pairs of a random sample of its own images.
    """

    job: Annotated[str, Field(description="The job that computed it.")]
    encoder: Annotated[str, Field(description="Fingerprint of the vectors.")]
    computed_at: AwareDatetime
    images: Annotated[int, Field(description="Images of the sample.")]
    collection_images: Annotated[int, Field(description="Images that the collection had then.")]
    pairs: Annotated[int, Field(description="Pairs that were counted.")]
    identical: Annotated[int, Field(description="Pairs of equal contents, which were not.")]
    copies: Annotated[
        int,
        Field(
            description="Pairs with `copy_score` or more, which were not: nearly all are copies."
        ),
    ]
    copy_score: float
    thresholds: list[CalibrationThreshold]


class Collection(Model):
    name: str
    aliases: Annotated[list[str], Field(description="Former names that name it, too.")]
    description: str
    count: Annotated[int, Field(description="Images in it.")]
    bytes: Annotated[
        int,
        Field(
            description="Size of their vectors: 512 float32 an image, and as much for each region."
        ),
    ]
    created_at: AwareDatetime
    encoder: Annotated[
        str, Field(description="Fingerprint of the encoder that its vectors come from.")
    ]
    descriptor: Descriptor
    index: Index
    regions: Annotated[
        bool, Field(description="Whether it has vectors of the parts of its pictures.")
    ]
    state: Annotated[
        Literal["loaded", "loading", "not_loaded"],
        Field(description="Whether Milvus has it in memory, ready to search."),
    ]


class CollectionInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    name: str
    description: str = ""
    descriptor: DescriptorInput | None = None
    index: Annotated[
        IndexInput | None,
        Field(
            description="Default: the server's setting. 422 `index_unavailable` where Milvus has none of this type: IVF_RABITQ needs 2.6, HNSW_SQ 2.5; milvus-lite has no IVF_RABITQ, SCANN, DISKANN."
        ),
    ] = None
    regions: Annotated[
        bool,
        Field(
            description="Also keep vectors of the parts of each picture, so that a search by a detail finds the whole picture. Each part is encoded, and takes as much as a picture."
        ),
    ] = False
    from_export: Annotated[
        str | None,
        Field(
            description="An export to fill it from, by its id, or by the name of a folder that was copied into the directory of exports. Descriptor and regions are then the export's; description and index, too, unless given."
        ),
    ] = None
    any_encoder: Annotated[
        bool,
        Field(
            description="With `from_export`: whether to make it though no encoder with its weights runs here. Until one does, it is searched only by its own images and by vectors."
        ),
    ] = False


class CollectionList(Model):
    """
    Collections, by name.
    """

    items: list[Collection]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class Export(Model):
    """
    An export: what it is of, and its parts.
    """

    id: Annotated[
        str,
        Field(description="Its name, which `from_export` takes: the id of its job."),
    ]
    version: Annotated[int, Field(description="The layout of its files.")]
    collection: Annotated[str, Field(description="What the collection was called then.")]
    description: str
    encoder: Annotated[
        str, Field(description="Fingerprint of the encoder that its vectors come from.")
    ]
    descriptor: Descriptor
    index: Index
    regions: bool
    images: int
    region_vectors: int
    uploads: Annotated[int, Field(description="Files of uploaded and fetched pictures.")]
    with_uploads: bool
    bytes: Annotated[int, Field(description="Size of all parts.")]
    created_at: AwareDatetime
    finished_at: AwareDatetime
    parts: list[ExportPart]


class ExportList(Model):
    """
    Exports, newest first.
    """

    items: list[Export]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class FacetList(Model):
    """
    The values of a field, most frequent first.
    """

    field: str
    items: list[FacetValue]
    looked_at: Annotated[int, Field(description="Images whose values were counted.")]
    complete: Annotated[
        bool,
        Field(
            description="Whether those are all images. Of a larger collection 20,000 are looked at, a fair sample: their ids are hashes."
        ),
    ]


class Filter(Model):
    """
    All of `must`, at least one of `should` if it has any, and none of `must_not`.

    Each holds conditions or nested filters. Without any it means all images.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    must: Annotated[
        list[AnyOf | InRange | Exists | InFolder | Filter], Field(validate_default=True)
    ] = []
    should: Annotated[
        list[AnyOf | InRange | Exists | InFolder | Filter], Field(validate_default=True)
    ] = []
    must_not: Annotated[
        list[AnyOf | InRange | Exists | InFolder | Filter], Field(validate_default=True)
    ] = []


class Image(Model):
    """
    One picture of a collection.
    """

    id: str
    uri: str
    sha256: str
    width: Annotated[int, Field(description="Pixels, upright.")]
    height: Annotated[int, Field(description="Pixels, upright.")]
    bytes: int
    format: str
    modified_at: Annotated[AwareDatetime, Field(description="When its file was last written.")]
    added_at: AwareDatetime
    job: Annotated[str, Field(description="The job that indexed it last.")]
    tags: list[str]
    metadata: dict[str, Any]
    taken_at: Annotated[
        AwareDatetime | None,
        Field(
            description="When the picture was taken, by its EXIF data, as which the next three are: as true as what is written there. A camera that names no offset is taken to be in UTC."
        ),
    ]
    camera: Annotated[str | None, Field(description="Maker and model.")]
    lens: str | None
    gps: Annotated[Place | None, Field(description="Where it was taken.")]
    content_url: Annotated[str, Field(description="Its bytes; relative to this server.")]
    thumbnail_url: Annotated[str, Field(description="A small WebP of it; relative to this server.")]
    vector: Annotated[
        list[float] | None, Field(description="512 floats, if they were asked for.")
    ] = None


class ImageList(Model):
    """
    Images in the requested order.
    """

    items: list[Image]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class ImageQuery(Model):
    """
    What hits should be like, what not, and which images are looked at.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    positive: Annotated[
        list[ImageExample | VectorExample | PictureExample | UrlExample],
        Field(description="What hits should be like.", validate_default=True),
    ] = []
    negative: Annotated[
        list[ImageExample | VectorExample | PictureExample | UrlExample],
        Field(description="What hits should not be like.", validate_default=True),
    ] = []
    strategy: Annotated[
        Literal["average", "best_score"],
        Field(
            description="`average`: nearest to the mean of the positive examples, moved away from that of the negative ones (avg(positive) + avg(positive) - avg(negative)). `best_score`: by the nearest example of all; an image whose nearest one is negative has minus the square of that cosine for a score. Both as Qdrant's users know them."
        ),
    ] = "average"
    filter: Filter | None = None
    top_k: Annotated[int, Field(description="Hits wanted.")] = 10
    offset: Annotated[int, Field(description="Best hits to leave out.")] = 0
    min_score: float | None = None
    min_match: float | None = None
    distinct: Annotated[
        bool, Field(description="Of images with equal contents only the first.")
    ] = False
    expand: Annotated[
        int,
        Field(
            description="Average query expansion: search by the mean of the query and its n nearest hits, weighed by their cosines cubed. Scores are to that mean."
        ),
    ] = 0
    rerank: Annotated[
        Literal["none", "k_reciprocal"],
        Field(
            description="`k_reciprocal`: the first 200 hits in the order of Zhong et al. 2017, which puts those first that are among each other's nearest. Scores stay what they are."
        ),
    ] = "none"
    params: Annotated[
        dict[str, float],
        Field(
            description="How thoroughly the collection's index is searched: `ef` of HNSW and HNSW_SQ, `nprobe` of IVF_FLAT, IVF_SQ8, IVF_RABITQ and SCANN, `search_list` of DISKANN, `reorder_k` of SCANN, `rbq_query_bits` of IVF_RABITQ, `refine_k` of an index with refinement. Those left out take their defaults. 422 `invalid_search_params` names what the index takes."
        ),
    ] = {}
    with_vector: Annotated[bool, Field(description="The vector of each hit, too.")] = False


class ImageUpdate(Model):
    """
    A JSON merge patch (RFC 7396): what is left out stays as it is, null removes.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    tags: Annotated[
        list[str] | TagsEdit | None,
        Field(description="All tags from now on, or tags to add and to remove."),
    ] = None
    metadata: Annotated[
        dict[str, Any] | None,
        Field(description="Merged with what there is: names whose value is null are removed."),
    ] = None


class Job(Model):
    """
    One load. `done` = `indexed` + `unchanged` + `duplicates` + `failed` at all times.
    """

    id: str
    collection: str
    source: Annotated[
        DirectorySource
        | ArchiveSource
        | UrlsSource
        | BucketSource
        | UploadSource
        | RetrySource
        | DeletionSource
        | DuplicatesSource
        | CalibrationSource
        | ReencodingSource
        | ExportSource
        | ImportSource,
        Field(discriminator="kind"),
    ]
    status: Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]
    total: Annotated[int, Field(description="Pictures found; grows while the source is scanned.")]
    done: int
    indexed: int
    unchanged: Annotated[int, Field(description="Known already, and not encoded again.")]
    moved: Annotated[
        int,
        Field(
            description="Of the unchanged, those known by another name: files that were renamed or moved, whose vector, tags and metadata moved with them."
        ),
    ]
    duplicates: Annotated[int, Field(description="Left out by `on_duplicate: skip`.")]
    failed: int
    ignored: Annotated[
        int,
        Field(description="Hidden files and files that are no pictures; not in `total`."),
    ]
    removed: Annotated[int, Field(description="Forgotten by `sync`.")]
    bytes: Annotated[int, Field(description="Read from pictures.")]
    images_per_second: float
    eta_seconds: float | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    finished: Annotated[
        bool,
        Field(description="Whether it has ended: as `done`, `failed` or `cancelled`."),
    ]
    error: JobError | None


class JobList(Model):
    """
    Jobs, newest first.
    """

    items: list[Job]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class LoadInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    source: DirectorySourceInput | ArchiveSourceInput | BucketSourceInput | UrlsSourceInput
    on_duplicate: Annotated[
        Literal["keep", "skip"],
        Field(
            description="`skip` leaves out files whose content the collection has of another file that still has it."
        ),
    ] = "keep"
    sync: Annotated[
        bool,
        Field(
            description="Whether to forget images whose file is gone. A directory that is empty or on another file system than before is an error of the job (`source_empty`, `source_replaced`), as its disk may not be mounted."
        ),
    ] = False
    allow_mass_removal: Annotated[
        bool,
        Field(
            description="Whether `sync` may forget more than half of the images of the directory (`mass_removal`, from 20 on), or all of a directory that looks unmounted."
        ),
    ] = False
    report_duplicates: Annotated[
        bool,
        Field(
            description="Whether `GET /api/v2/jobs/{job}/duplicates` lists what looks like a copy of something already there."
        ),
    ] = False
    tags: Annotated[list[str], Field(description="Tags of every image that is loaded.")] = []
    metadata: Annotated[
        dict[str, Any], Field(description="Metadata of every image that is loaded.")
    ] = {}


class QueryBatch(Model):
    """
    Queries that are answered together.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    queries: list[ImageQuery]


class SearchReply(Model):
    hits: Annotated[list[SearchHit], Field(description="Best first.")]
    encoder: Annotated[str, Field(description="Fingerprint of the vectors that were compared.")]
    took_ms: TookMs


class StandingSource(Model):
    """
    A source that is kept with a collection.
    """

    id: str
    collection: str
    source: Annotated[
        DirectorySource
        | ArchiveSource
        | UrlsSource
        | BucketSource
        | UploadSource
        | RetrySource
        | DeletionSource
        | DuplicatesSource
        | CalibrationSource
        | ReencodingSource
        | ExportSource
        | ImportSource,
        Field(discriminator="kind"),
    ]
    on_duplicate: Literal["keep", "skip"]
    sync: bool
    cron: str | None
    watch: bool
    paused: bool
    created_at: AwareDatetime
    next_run: AwareDatetime | None
    last_job: Annotated[str | None, Field(description="The job that loaded it last.")]


class StandingSourceInput(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    source: DirectorySourceInput | ArchiveSourceInput | BucketSourceInput | UrlsSourceInput
    on_duplicate: Literal["keep", "skip"] = "keep"
    sync: Annotated[bool, Field(description="Whether loads forget images whose file is gone.")] = (
        False
    )
    cron: str | None = None
    watch: Annotated[
        bool,
        Field(description="Whether files of a directory are loaded soon after they are written."),
    ] = False
    paused: Annotated[bool, Field(description="Whether it is loaded only on request.")] = False


class StandingSourceList(Model):
    """
    Standing sources, the oldest first.
    """

    items: list[StandingSource]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]


class System(Model):
    encoder: Annotated[
        str | None,
        Field(description="Fingerprint of new collections; null until an encoder was seen."),
    ]
    weights: str | None
    untrained: Annotated[bool, Field(description="Whether the weights are random, for tests only.")]
    pooling: Annotated[
        Literal["avg", "max", "gem", "rmac"],
        Field(description="Pooling of new collections."),
    ]
    default_collection: str
    workers: list[Worker]
    queues: Annotated[dict[str, int], Field(description="Messages that wait, by queue.")]
    jobs_active: int
    image_roots: list[str]
    bucket_roots: Annotated[
        list[str], Field(description="Buckets, or prefixes in them, to load from.")
    ]
    limits: Limits
    formats: Annotated[list[PictureFormat], Field(description="What is read as a picture.")]
    versions: dict[str, str]


class TagsUpdate(Model):
    """
    Tags to add to many images, and to remove: of a filter, or of these ids.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    filter: Filter | None = None
    ids: list[str] | None = None
    add: Annotated[list[str], Field(description="Tags that each image has afterwards.")] = []
    remove: Annotated[
        list[str], Field(description="Tags that none of the images has afterwards.")
    ] = []


class Upload(Model):
    """
    The job of an upload, and its files in the order they came.
    """

    id: str
    collection: str
    source: Annotated[
        DirectorySource
        | ArchiveSource
        | UrlsSource
        | BucketSource
        | UploadSource
        | RetrySource
        | DeletionSource
        | DuplicatesSource
        | CalibrationSource
        | ReencodingSource
        | ExportSource
        | ImportSource,
        Field(discriminator="kind"),
    ]
    status: Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]
    total: Annotated[int, Field(description="Pictures found; grows while the source is scanned.")]
    done: int
    indexed: int
    unchanged: Annotated[int, Field(description="Known already, and not encoded again.")]
    moved: Annotated[
        int,
        Field(
            description="Of the unchanged, those known by another name: files that were renamed or moved, whose vector, tags and metadata moved with them."
        ),
    ]
    duplicates: Annotated[int, Field(description="Left out by `on_duplicate: skip`.")]
    failed: int
    ignored: Annotated[
        int,
        Field(description="Hidden files and files that are no pictures; not in `total`."),
    ]
    removed: Annotated[int, Field(description="Forgotten by `sync`.")]
    bytes: Annotated[int, Field(description="Read from pictures.")]
    images_per_second: float
    eta_seconds: float | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    finished: Annotated[
        bool,
        Field(description="Whether it has ended: as `done`, `failed` or `cancelled`."),
    ]
    error: JobError | None
    files: list[UploadedFile]


class VectorSearch(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    top_k: Annotated[int, Field(description="Hits wanted.")] = 10
    offset: Annotated[int, Field(description="Best hits to leave out.")] = 0
    min_score: float | None = None
    min_match: float | None = None
    tag: str | None = None
    path_prefix: str | None = None
    distinct: Annotated[
        bool, Field(description="Of images with equal contents only the first.")
    ] = False
    expand: Annotated[
        int,
        Field(
            description="Average query expansion: search by the mean of the query and its n nearest hits, weighed by their cosines cubed. Scores are to that mean."
        ),
    ] = 0
    rerank: Annotated[
        Literal["none", "k_reciprocal"],
        Field(
            description="`k_reciprocal`: the first 200 hits in the order of Zhong et al. 2017, which puts those first that are among each other's nearest. Scores stay what they are."
        ),
    ] = "none"
    vector: Annotated[
        list[float],
        Field(description="512 numbers of any length but zero; only their direction counts."),
    ]
    filter: Filter | None = None


class CountQuery(Model):
    """
    Which images to count; all of them without a filter.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    filter: Filter | None = None


class DuplicateGroup(Model):
    """
    Images that show the same.
    """

    id: str
    grade: Annotated[
        Literal["identical", "copy", "similar"],
        Field(
            description="`identical`: the same bytes; `copy`: the same picture, edited; `similar`: perhaps that. A group of a looser grade holds those of the stricter ones within it, too."
        ),
    ]
    match: Annotated[
        float,
        Field(description="Of the weakest tie that holds the group together, 0 to 1."),
    ]
    size: Annotated[int, Field(description="Its images, all of them.")]
    images: Annotated[
        list[Image],
        Field(
            description="The first 200: those with most pixels first, then most bytes, then the oldest file. Of a group of more than 1,000, the best of 1,000."
        ),
    ]
    suggested_keep: Annotated[str, Field(description="The first of these.")]


class DuplicateGroupList(Model):
    """
    Groups, those of most images first.
    """

    items: list[DuplicateGroup]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]
    count: Annotated[int, Field(description="Groups of this grade; of all without one.")]
    computed: DuplicatesComputed


class DuplicateReportItem(Model):
    """
    A file of a load that looks like a copy of something that was there already.
    """

    uri: str
    grade: Literal["identical", "copy", "similar"]
    match: float
    image: Annotated[
        Image | None,
        Field(description="The file's image; null where it was left out or forgotten."),
    ]
    of: Annotated[
        Image | None,
        Field(description="What it looks like; null where that was forgotten."),
    ]


class DuplicateReportList(Model):
    """
    Files, in the order in which they came.
    """

    items: list[DuplicateReportItem]
    next_cursor: Annotated[
        str | None,
        Field(description="Give it as `cursor` for the next page; null on the last."),
    ]
    count: Annotated[int, Field(description="Files that were reported; 100,000 are kept.")]


class QueryBatchReply(Model):
    results: Annotated[
        list[SearchReply | QueryFailure],
        Field(
            description="In the order of the queries: what each of them found, or why it failed."
        ),
    ]


Filter.model_rebuild()

"""Every call of the API, as a function that builds its request.

Generated from the OpenAPI document by `make client`; do not edit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from lookalike_client import models
from lookalike_client.call import EVENTS, NOTHING, PICTURE, TEXT, Call, reads
from lookalike_client.values import FileInput, JobEvent, JsonText, Picture


def article_count(*, table: str | None = None) -> Call[str]:
    """Count the images (v1).

    How many images there are in `Table`; 0 where there is no such table.

    `POST /api/v1/count`
    """
    return Call(
        "article_count",
        "POST",
        "/api/v1/count",
        {200: TEXT},
        query={"Table": table},
    )


def article_data(image: str, ext: str, *, table: str | None = None) -> Call[Picture]:
    """Get an image's bytes (v1).

    The bytes that a search's address names; without `Table`, from whichever has the image.

    `GET /data/{image}.{ext}`
    """
    return Call(
        "article_data",
        "GET",
        "/data/{image}.{ext}",
        {200: PICTURE},
        path={"image": image, "ext": ext},
        query={"Table": table},
    )


def article_delete(*, table: str | None = None) -> Call[str]:
    """Drop a table (v1).

    Drop `Table`; one that is not there is no error.

    `POST /api/v1/delete`
    """
    return Call(
        "article_delete",
        "POST",
        "/api/v1/delete",
        {200: TEXT},
        query={"Table": table},
    )


def article_process() -> Call[str]:
    """Show the newest load's progress (v1).

    `current: N, total: M` of the newest load of a directory; N is M only once it has ended.

    `GET /api/v1/process`
    """
    return Call(
        "article_process",
        "GET",
        "/api/v1/process",
        {200: TEXT},
    )


def article_search(
    file: FileInput, *, table: str | None = None, num: int | None = None
) -> Call[Sequence[Sequence[Any]]]:
    """Search by a picture (v1).

    The `Num` images of `Table` nearest to a picture, as `[[url, distance], …]`.

    `POST /api/v1/search`
    """
    return Call(
        "article_search",
        "POST",
        "/api/v1/search",
        {200: reads(Sequence[Sequence[Any]])},
        query={"Table": table, "Num": num},
        files={"file": file},
    )


def article_train(*, table: str | None = None, file: str | None = None) -> Call[str]:
    """Load a directory (v1).

    Queue a load of the directory `File`; answers `Start`.

    `POST /api/v1/train`
    """
    return Call(
        "article_train",
        "POST",
        "/api/v1/train",
        {200: TEXT},
        query={"Table": table, "File": file},
    )


def cancel_job(job: str) -> Call[models.Job]:
    """Cancel a job.

    End a job; what is indexed stays. A job that has ended stays as it is.

    `POST /api/v2/jobs/{job}/cancel`
    """
    return Call(
        "cancel_job",
        "POST",
        "/api/v2/jobs/{job}/cancel",
        {200: reads(models.Job)},
        path={"job": job},
    )


def count_images(
    collection: str, body: models.CountQuery | Mapping[str, Any]
) -> Call[models.Count]:
    """Count the images of a filter.

    How many images match a filter, exactly.

    `POST /api/v2/collections/{collection}/count`
    """
    return Call(
        "count_images",
        "POST",
        "/api/v2/collections/{collection}/count",
        {200: reads(models.Count)},
        path={"collection": collection},
        body=body,
    )


def create_collection(
    body: models.CollectionInput | Mapping[str, Any],
) -> Call[models.Collection | models.Job]:
    """Create a collection.

    Create a collection for vectors of the running encoder, or of an export.

    Regions are fixed for its lifetime; a re-encoding gives it another pooling or index. Loads
    create a collection with the server's defaults where there is none, so that this is needed
    only for other ones. With `from_export` a job writes the export's images into it, and
    `unchanged` counts them: 202. An export whose weights no encoder here has is answered 409
    `encoder_mismatch`.

    `POST /api/v2/collections`
    """
    return Call(
        "create_collection",
        "POST",
        "/api/v2/collections",
        {201: reads(models.Collection), 202: reads(models.Job)},
        body=body,
    )


def create_export(
    collection: str, body: models.ExportInput | Mapping[str, Any] | None = None
) -> Call[models.Job]:
    """Export a collection.

    Queue a job that writes every field and vector of a collection to Parquet files.

    Its id is the export's. Each image that there is when it begins, and that is neither changed
    nor deleted before it ends, is in the export as it is; what is written meanwhile may be in
    it or not. While such a job is unfinished, asking again answers that one. Exports outlive
    their collection.

    `POST /api/v2/collections/{collection}/exports`
    """
    return Call(
        "create_export",
        "POST",
        "/api/v2/collections/{collection}/exports",
        {202: reads(models.Job)},
        path={"collection": collection},
        body=body,
    )


def create_job(
    collection: str,
    body: models.LoadInput | Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
) -> Call[models.Job]:
    """Load pictures.

    Queue a load of the pictures in a directory, an archive or a bucket, or at addresses.

    Files that are known and unchanged are not read again, and files that were renamed or moved
    are not encoded again. An unknown collection is created with the server's defaults. If the
    encoder is not running now, the job waits for it. `sync` takes the permission to delete,
    too.

    `POST /api/v2/collections/{collection}/jobs`
    """
    return Call(
        "create_job",
        "POST",
        "/api/v2/collections/{collection}/jobs",
        {202: reads(models.Job)},
        path={"collection": collection},
        headers={"Idempotency-Key": idempotency_key},
        body=body,
    )


def create_key(body: models.KeyInput | Mapping[str, Any]) -> Call[models.CreatedKey]:
    """Create a key.

    Create a key that may do some things with some collections.

    It takes an administrator: a key of `LOOKALIKE_API_KEYS`, or a stored one with the action
    `admin` for the collections `*`. Where there is none yet: 409 `no_administrator`.

    `POST /api/v2/keys`
    """
    return Call(
        "create_key",
        "POST",
        "/api/v2/keys",
        {201: reads(models.CreatedKey)},
        body=body,
    )


def create_session(body: models.SessionInput | Mapping[str, Any]) -> Call[None]:
    """Sign in.

    Exchange an API key for a cookie that scripts cannot read.

    `POST /api/v2/session`
    """
    return Call(
        "create_session",
        "POST",
        "/api/v2/session",
        {204: NOTHING},
        body=body,
    )


def create_source(
    collection: str, body: models.StandingSourceInput | Mapping[str, Any]
) -> Call[models.StandingSource]:
    """Keep a source.

    Keep a source with a collection, to be loaded by a schedule, or on request.

    A run that is due while an earlier one is unfinished is left out; of several that were
    missed, as while no indexer ran, there is one. It is dropped with the collection. `sync`
    takes the permission to delete, too.

    `POST /api/v2/collections/{collection}/sources`
    """
    return Call(
        "create_source",
        "POST",
        "/api/v2/collections/{collection}/sources",
        {201: reads(models.StandingSource)},
        path={"collection": collection},
        body=body,
    )


def create_webhook(body: models.WebhookInput | Mapping[str, Any]) -> Call[models.Webhook]:
    """Keep a webhook.

    Have an address told of each job that ends from now on, by a signed POST.

    A message is delivered at least once: it is repeated until a 2xx is answered, with growing
    waits, for twelve hours. `X-Lookalike-Delivery` is the same for each try. Its
    `X-Lookalike-Signature` is `sha256=` and the HMAC-SHA256, in hex, of
    `X-Lookalike-Timestamp`, a full stop and the body. Redirects are not followed. The address
    must be one from which pictures could be fetched.

    `POST /api/v2/webhooks`
    """
    return Call(
        "create_webhook",
        "POST",
        "/api/v2/webhooks",
        {201: reads(models.Webhook)},
        body=body,
    )


def delete_collection(collection: str) -> Call[None]:
    """Drop a collection.

    Forget all images of a collection, its jobs, and the files that were uploaded to it.

    Files under the image roots are never touched. Of an alias, only the alias is forgotten.

    `DELETE /api/v2/collections/{collection}`
    """
    return Call(
        "delete_collection",
        "DELETE",
        "/api/v2/collections/{collection}",
        {204: NOTHING},
        path={"collection": collection},
    )


def delete_export(collection: str, export: str) -> Call[None]:
    """Delete an export.

    Delete the files of an export. One that a job is writing ends by cancelling that job.

    One whose manifest cannot be read takes an administrator, as nobody can tell whose it is.

    `DELETE /api/v2/collections/{collection}/exports/{export}`
    """
    return Call(
        "delete_export",
        "DELETE",
        "/api/v2/collections/{collection}/exports/{export}",
        {204: NOTHING},
        path={"collection": collection, "export": export},
    )


def delete_image(collection: str, image: str, *, if_match: str | None = None) -> Call[None]:
    """Forget an image.

    Forget an image's vector, and its file if it was uploaded.

    A job that is about to index that upload again counts it as a failure, `missing`.

    `DELETE /api/v2/collections/{collection}/images/{image}`
    """
    return Call(
        "delete_image",
        "DELETE",
        "/api/v2/collections/{collection}/images/{image}",
        {204: NOTHING},
        path={"collection": collection, "image": image},
        headers={"if-match": if_match},
    )


def delete_images(
    collection: str,
    *,
    tag: str | None = None,
    path_prefix: str | None = None,
    filter: JsonText | None = None,
) -> Call[models.Deleted | models.Job]:
    """Forget many images.

    Forget the images that a filter names, and those of their files that were uploaded.

    More than a thousand are forgotten by a job, whose `removed` counts them: 202. Without a
    filter nothing is forgotten: 422 `empty_filter`.

    `DELETE /api/v2/collections/{collection}/images`
    """
    return Call(
        "delete_images",
        "DELETE",
        "/api/v2/collections/{collection}/images",
        {200: reads(models.Deleted), 202: reads(models.Job)},
        path={"collection": collection},
        query={"tag": tag, "path_prefix": path_prefix, "filter": filter},
    )


def delete_key(key: str) -> Call[None]:
    """Revoke a key.

    Delete a key for good, with the sessions that it opened.

    Other gateways refuse it a second later. Addresses of pictures that were signed for it are
    good until they end, in six hours at most. Where `LOOKALIKE_API_KEYS` is empty the last key
    stays, as everything would be open without it: 409 `last_key`.

    `DELETE /api/v2/keys/{key}`
    """
    return Call(
        "delete_key",
        "DELETE",
        "/api/v2/keys/{key}",
        {204: NOTHING},
        path={"key": key},
    )


def delete_reencoding(collection: str) -> Call[None]:
    """Drop the vectors beside a collection's own.

    Give up an unfinished re-encoding, and cancel its job; or drop what a finished one replaced.

    What is searched stays as it is. 409 `reencoding_kept`, and nothing is dropped, where the
    new vectors were put in place while this waited.

    `DELETE /api/v2/collections/{collection}/reencode`
    """
    return Call(
        "delete_reencoding",
        "DELETE",
        "/api/v2/collections/{collection}/reencode",
        {204: NOTHING},
        path={"collection": collection},
    )


def delete_session() -> Call[None]:
    """Sign out.

    Delete the cookie. The key itself stays valid.

    `DELETE /api/v2/session`
    """
    return Call(
        "delete_session",
        "DELETE",
        "/api/v2/session",
        {204: NOTHING},
    )


def delete_source(collection: str, source: str) -> Call[None]:
    """Keep a source no longer.

    Forget a standing source. Images that were loaded from it stay.

    `DELETE /api/v2/collections/{collection}/sources/{source}`
    """
    return Call(
        "delete_source",
        "DELETE",
        "/api/v2/collections/{collection}/sources/{source}",
        {204: NOTHING},
        path={"collection": collection, "source": source},
    )


def delete_webhook(webhook: str) -> Call[None]:
    """Keep a webhook no longer.

    Forget a webhook, with the messages that wait for it.

    `DELETE /api/v2/webhooks/{webhook}`
    """
    return Call(
        "delete_webhook",
        "DELETE",
        "/api/v2/webhooks/{webhook}",
        {204: NOTHING},
        path={"webhook": webhook},
    )


def dismiss_duplicates(collection: str, group: str) -> Call[None]:
    """Say that images are no duplicates.

    Remember for good that no two images of a group are duplicates of each other.

    No later computation puts two of them into one group again: not by these contents, whatever
    their files are called, and for equal files not by these ids.

    `POST /api/v2/collections/{collection}/duplicates/{group}/dismiss`
    """
    return Call(
        "dismiss_duplicates",
        "POST",
        "/api/v2/collections/{collection}/duplicates/{group}/dismiss",
        {204: NOTHING},
        path={"collection": collection, "group": group},
    )


def find_duplicates(
    collection: str, body: models.DuplicatesInput | Mapping[str, Any] | None = None
) -> Call[models.Job]:
    """Find duplicates.

    Queue a job that groups the images that show the same; its groups replace the earlier ones.

    It looks at the nearest neighbours of every image, and needs no encoder; `unchanged` counts
    images that were looked at. While such a job is unfinished, asking again answers that one.
    Where the collection's weights have no match curve, only equal files are found; a
    `min_match` is answered 422 `no_match_curve` then.

    `POST /api/v2/collections/{collection}/duplicates`
    """
    return Call(
        "find_duplicates",
        "POST",
        "/api/v2/collections/{collection}/duplicates",
        {202: reads(models.Job)},
        path={"collection": collection},
        body=body,
    )


def find_similar_images(
    collection: str,
    image: str,
    *,
    top_k: int | None = None,
    offset: int | None = None,
    min_score: float | None = None,
    min_match: float | None = None,
    tag: str | None = None,
    path_prefix: str | None = None,
    distinct: bool | None = None,
    expand: int | None = None,
    rerank: Literal["none", "k_reciprocal"] | None = None,
    filter: JsonText | None = None,
) -> Call[models.SearchReply]:
    """Search by a stored image.

    Find the images that look most like one of the collection, itself left out.

    `GET /api/v2/collections/{collection}/images/{image}/similar`
    """
    return Call(
        "find_similar_images",
        "GET",
        "/api/v2/collections/{collection}/images/{image}/similar",
        {200: reads(models.SearchReply)},
        path={"collection": collection, "image": image},
        query={
            "top_k": top_k,
            "offset": offset,
            "min_score": min_score,
            "min_match": min_match,
            "tag": tag,
            "path_prefix": path_prefix,
            "distinct": distinct,
            "expand": expand,
            "rerank": rerank,
            "filter": filter,
        },
    )


def get_calibration(collection: str) -> Call[models.Calibration]:
    """Show the thresholds of a collection.

    Which scores and matches few pairs of its different pictures have, as computed last.

    A pair drawn at random is a false match at such a rate. A search compares with every image:
    of 100,000 images, ten strangers have the score of the rate 0.0001.

    `GET /api/v2/collections/{collection}/calibration`
    """
    return Call(
        "get_calibration",
        "GET",
        "/api/v2/collections/{collection}/calibration",
        {200: reads(models.Calibration)},
        path={"collection": collection},
    )


def get_collection(collection: str) -> Call[models.Collection]:
    """Show a collection.

    How much is in a collection, and which encoder and index it has.

    `GET /api/v2/collections/{collection}`
    """
    return Call(
        "get_collection",
        "GET",
        "/api/v2/collections/{collection}",
        {200: reads(models.Collection)},
        path={"collection": collection},
    )


def get_export(collection: str, export: str) -> Call[models.Export]:
    """Show an export.

    What an export holds, and the SHA-256 of each part. 404 until its job is done.

    `GET /api/v2/collections/{collection}/exports/{export}`
    """
    return Call(
        "get_export",
        "GET",
        "/api/v2/collections/{collection}/exports/{export}",
        {200: reads(models.Export)},
        path={"collection": collection, "export": export},
    )


def get_export_part(
    collection: str, export: str, part: str, *, range: str | None = None
) -> Call[Picture]:
    """Get a file of an export.

    A part as it is, or `manifest.json`; ranges are served.

    An export is copied to another system as a folder of these, whose name is then
    `from_export`.

    `GET /api/v2/collections/{collection}/exports/{export}/parts/{part}`
    """
    return Call(
        "get_export_part",
        "GET",
        "/api/v2/collections/{collection}/exports/{export}/parts/{part}",
        {200: PICTURE, 206: PICTURE},
        path={"collection": collection, "export": export, "part": part},
        headers={"Range": range},
    )


def get_image(
    collection: str, image: str, *, with_vector: bool | None = None
) -> Call[models.Image]:
    """Show an image.

    What is known of an image.

    `GET /api/v2/collections/{collection}/images/{image}`
    """
    return Call(
        "get_image",
        "GET",
        "/api/v2/collections/{collection}/images/{image}",
        {200: reads(models.Image)},
        path={"collection": collection, "image": image},
        query={"with_vector": with_vector},
    )


def get_image_content(collection: str, image: str, *, v: str | None = None) -> Call[Picture]:
    """Get an image's bytes.

    The picture's file as it is, with its type told by its content; ranges are served.

    `GET /api/v2/collections/{collection}/images/{image}/content`
    """
    return Call(
        "get_image_content",
        "GET",
        "/api/v2/collections/{collection}/images/{image}/content",
        {200: PICTURE},
        path={"collection": collection, "image": image},
        query={"v": v},
    )


def get_image_thumbnail(
    collection: str, image: str, *, size: int | None = None, v: str | None = None
) -> Call[Picture]:
    """Get an image's thumbnail.

    A small WebP of the picture, upright, its first frame if it moves; never enlarged.

    `GET /api/v2/collections/{collection}/images/{image}/thumbnail`
    """
    return Call(
        "get_image_thumbnail",
        "GET",
        "/api/v2/collections/{collection}/images/{image}/thumbnail",
        {200: PICTURE},
        path={"collection": collection, "image": image},
        query={"size": size, "v": v},
    )


def get_job(job: str) -> Call[models.Job]:
    """Show a job.

    A job's state and counts as of now.

    `GET /api/v2/jobs/{job}`
    """
    return Call(
        "get_job",
        "GET",
        "/api/v2/jobs/{job}",
        {200: reads(models.Job)},
        path={"job": job},
    )


def get_liveness() -> Call[models.Liveness]:
    """Is the process alive?.

    Answers while the process runs, even without Redis and Milvus.

    `GET /health/live`
    """
    return Call(
        "get_liveness",
        "GET",
        "/health/live",
        {200: reads(models.Liveness)},
    )


def get_metrics() -> Call[str]:
    """Metrics for Prometheus.

    Counts of images, jobs, queues, workers, searches and requests; the stores, and GPUs.

    `GET /metrics`
    """
    return Call(
        "get_metrics",
        "GET",
        "/metrics",
        {200: TEXT},
    )


def get_readiness() -> Call[models.Readiness]:
    """Is everything there?.

    Whether Redis, Milvus and an encoder that answers searches are there, each with its age.

    `GET /health/ready`
    """
    return Call(
        "get_readiness",
        "GET",
        "/health/ready",
        {200: reads(models.Readiness), 503: reads(models.Readiness)},
    )


def get_reencoding(collection: str) -> Call[models.Reencoding]:
    """Show the vectors beside a collection's own.

    Those that a re-encoding makes, or has replaced: 404 `reencoding_not_found` without any.

    `GET /api/v2/collections/{collection}/reencode`
    """
    return Call(
        "get_reencoding",
        "GET",
        "/api/v2/collections/{collection}/reencode",
        {200: reads(models.Reencoding)},
        path={"collection": collection},
    )


def get_source(collection: str, source: str) -> Call[models.StandingSource]:
    """Show a standing source.

    A source with its next run and its last job.

    `GET /api/v2/collections/{collection}/sources/{source}`
    """
    return Call(
        "get_source",
        "GET",
        "/api/v2/collections/{collection}/sources/{source}",
        {200: reads(models.StandingSource)},
        path={"collection": collection, "source": source},
    )


def get_system() -> Call[models.System]:
    """Show the system.

    The running encoder, the workers, the queues, and the limits for clients.

    What can be loaded from is for those who may load.

    `GET /api/v2/system`
    """
    return Call(
        "get_system",
        "GET",
        "/api/v2/system",
        {200: reads(models.System)},
    )


def get_webhook(webhook: str) -> Call[models.Webhook]:
    """Show a webhook.

    A webhook, with what became of its messages.

    `GET /api/v2/webhooks/{webhook}`
    """
    return Call(
        "get_webhook",
        "GET",
        "/api/v2/webhooks/{webhook}",
        {200: reads(models.Webhook)},
        path={"webhook": webhook},
    )


def list_collections(
    *, cursor: str | None = None, limit: int | None = None
) -> Call[models.CollectionList]:
    """List the collections.

    All collections, by name; those that the key may read.

    `GET /api/v2/collections`
    """
    return Call(
        "list_collections",
        "GET",
        "/api/v2/collections",
        {200: reads(models.CollectionList)},
        query={"cursor": cursor, "limit": limit},
    )


def list_duplicates(
    collection: str,
    *,
    grade: Literal["identical", "copy", "similar"] | None = None,
    min_match: float | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[models.DuplicateGroupList]:
    """List the duplicates.

    The groups as they were computed last, those of most images first.

    Images that were forgotten since, or have another content now, are left out, and so are
    groups of which fewer than two images are left. A page of large groups has fewer than
    `limit`; as long as there is a `next_cursor`, there are more. Before they were first
    computed: 404 `duplicates_not_computed`.

    `GET /api/v2/collections/{collection}/duplicates`
    """
    return Call(
        "list_duplicates",
        "GET",
        "/api/v2/collections/{collection}/duplicates",
        {200: reads(models.DuplicateGroupList)},
        path={"collection": collection},
        query={"grade": grade, "min_match": min_match, "cursor": cursor, "limit": limit},
    )


def list_exports(
    collection: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[models.ExportList]:
    """List the exports.

    The finished exports of a collection, newest first, also of one that was dropped.

    `GET /api/v2/collections/{collection}/exports`
    """
    return Call(
        "list_exports",
        "GET",
        "/api/v2/collections/{collection}/exports",
        {200: reads(models.ExportList)},
        path={"collection": collection},
        query={"cursor": cursor, "limit": limit},
    )


def list_facets(
    collection: str,
    *,
    field: str | None = None,
    prefix: str | None = None,
    limit: int | None = None,
) -> Call[models.FacetList]:
    """List the values of a field.

    The most frequent values of a field, with how many images have each.

    `GET /api/v2/collections/{collection}/facets`
    """
    return Call(
        "list_facets",
        "GET",
        "/api/v2/collections/{collection}/facets",
        {200: reads(models.FacetList)},
        path={"collection": collection},
        query={"field": field, "prefix": prefix, "limit": limit},
    )


def list_folders(
    *,
    path: str | None = None,
    files: Literal["archives", "lists"] | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[models.FolderList]:
    """List folders to load.

    The image roots, or the sub-folders of one folder under them, by name.

    With `files` also what else a load can name there: archives, or lists of addresses. Of a
    bucket, its folders; a page of them may be short, or empty, though others follow.

    `GET /api/v2/folders`
    """
    return Call(
        "list_folders",
        "GET",
        "/api/v2/folders",
        {200: reads(models.FolderList)},
        query={"path": path, "files": files, "cursor": cursor, "limit": limit},
    )


def list_images(
    collection: str,
    *,
    tag: str | None = None,
    path_prefix: str | None = None,
    uri: str | None = None,
    sha256: str | None = None,
    filter: JsonText | None = None,
    order: Literal["id", "added_at", "-added_at", "taken_at", "-taken_at"] | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[models.ImageList]:
    """List the images.

    The images of a collection, page by page.

    `GET /api/v2/collections/{collection}/images`
    """
    return Call(
        "list_images",
        "GET",
        "/api/v2/collections/{collection}/images",
        {200: reads(models.ImageList)},
        path={"collection": collection},
        query={
            "tag": tag,
            "path_prefix": path_prefix,
            "uri": uri,
            "sha256": sha256,
            "filter": filter,
            "order": order,
            "cursor": cursor,
            "limit": limit,
        },
    )


def list_job_duplicates(
    job: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[models.DuplicateReportList]:
    """List what a load has duplicated.

    The files of a load with `report_duplicates` that look like a copy of something there
    before.

    Each with the image that it looks like most: one with the same bytes, or one with a match of
    0.9 at least. Files that arrive at the same moment in two encoders may miss each other.

    `GET /api/v2/jobs/{job}/duplicates`
    """
    return Call(
        "list_job_duplicates",
        "GET",
        "/api/v2/jobs/{job}/duplicates",
        {200: reads(models.DuplicateReportList)},
        path={"job": job},
        query={"cursor": cursor, "limit": limit},
    )


def list_job_failures(
    job: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[models.FailureList]:
    """List a job's failures.

    The files that could not be indexed, in the order they were met, each with its reason.

    `GET /api/v2/jobs/{job}/failures`
    """
    return Call(
        "list_job_failures",
        "GET",
        "/api/v2/jobs/{job}/failures",
        {200: reads(models.FailureList)},
        path={"job": job},
        query={"cursor": cursor, "limit": limit},
    )


def list_jobs(
    *,
    status: Literal["queued", "scanning", "running", "paused", "done", "failed", "cancelled"]
    | None = None,
    cursor: str | None = None,
    limit: int | None = None,
    collection: str | None = None,
) -> Call[models.JobList]:
    """List the jobs.

    All jobs that the ledger still keeps, newest first; of collections that the key may read.

    With such a key a page may have fewer than `limit`; as long as there is a `next_cursor`,
    there are more.

    `GET /api/v2/jobs`
    """
    return Call(
        "list_jobs",
        "GET",
        "/api/v2/jobs",
        {200: reads(models.JobList)},
        query={"status": status, "cursor": cursor, "limit": limit, "collection": collection},
    )


def list_keys() -> Call[models.KeyList]:
    """List the keys.

    All stored keys, with their last use. Those of `LOOKALIKE_API_KEYS` are not among them.

    `GET /api/v2/keys`
    """
    return Call(
        "list_keys",
        "GET",
        "/api/v2/keys",
        {200: reads(models.KeyList)},
    )


def list_sources(collection: str) -> Call[models.StandingSourceList]:
    """List the standing sources.

    The sources that are kept with a collection, with their next run and their last job.

    `GET /api/v2/collections/{collection}/sources`
    """
    return Call(
        "list_sources",
        "GET",
        "/api/v2/collections/{collection}/sources",
        {200: reads(models.StandingSourceList)},
        path={"collection": collection},
    )


def list_webhooks() -> Call[models.WebhookList]:
    """List the webhooks.

    All webhooks, with what became of their messages. There are 20 at most, on one page.

    `GET /api/v2/webhooks`
    """
    return Call(
        "list_webhooks",
        "GET",
        "/api/v2/webhooks",
        {200: reads(models.WebhookList)},
    )


def pause_job(job: str) -> Call[models.Job]:
    """Pause a job.

    Hand out no more of a job until it is resumed. A job that has ended stays as it is.

    `POST /api/v2/jobs/{job}/pause`
    """
    return Call(
        "pause_job",
        "POST",
        "/api/v2/jobs/{job}/pause",
        {200: reads(models.Job)},
        path={"job": job},
    )


def query_images(
    collection: str,
    body: models.ImageQuery | Mapping[str, Any],
    *,
    idempotency_key: str | None = None,
) -> Call[models.SearchReply]:
    """Search by examples.

    Find the images that are like the positive examples, and unlike the negative ones.

    An example is an image of the collection, a picture in base64 or by its address, or a
    vector; of all but the last a part by `crop`. Images that are examples are left out of the
    hits.

    `POST /api/v2/collections/{collection}/query`
    """
    return Call(
        "query_images",
        "POST",
        "/api/v2/collections/{collection}/query",
        {200: reads(models.SearchReply)},
        path={"collection": collection},
        headers={"Idempotency-Key": idempotency_key},
        body=body,
    )


def query_images_in_batch(
    collection: str, body: models.QueryBatch | Mapping[str, Any]
) -> Call[models.QueryBatchReply]:
    """Search by many examples at once.

    Answer up to 100 queries; one that fails, or is not valid, fails alone.

    `POST /api/v2/collections/{collection}/query/batch`
    """
    return Call(
        "query_images_in_batch",
        "POST",
        "/api/v2/collections/{collection}/query/batch",
        {200: reads(models.QueryBatchReply)},
        path={"collection": collection},
        body=body,
    )


def resolve_duplicates(
    collection: str, group: str, body: models.Resolution | Mapping[str, Any]
) -> Call[models.Resolved]:
    """Keep some images of a group, forget the others.

    Forget the images of a group but for those in `keep`, and their files if they were uploaded.

    Files below image roots are never deleted: the next load finds them again, unless they are
    moved away. Where several are kept, no two of these are duplicates of each other from then
    on. An id that is not the group's is answered 422 `not_in_group`, one that was forgotten
    meanwhile 409 `image_gone`; then nothing is forgotten. One call forgets 1,000 images at
    most; where some are `left`, call again with the same `keep`.

    `POST /api/v2/collections/{collection}/duplicates/{group}/resolve`
    """
    return Call(
        "resolve_duplicates",
        "POST",
        "/api/v2/collections/{collection}/duplicates/{group}/resolve",
        {200: reads(models.Resolved)},
        path={"collection": collection, "group": group},
        body=body,
    )


def resume_job(job: str) -> Call[models.Job]:
    """Resume a job.

    Continue a paused job; any other stays as it is.

    `POST /api/v2/jobs/{job}/resume`
    """
    return Call(
        "resume_job",
        "POST",
        "/api/v2/jobs/{job}/resume",
        {200: reads(models.Job)},
        path={"job": job},
    )


def retry_job(job: str) -> Call[models.Job]:
    """Retry a job's failures.

    Queue the failed files of a job again, as a new job.

    While a retry of this job is unfinished, asking again answers that one. Where nothing has
    failed there is nothing to do: 409 `nothing_to_retry`.

    `POST /api/v2/jobs/{job}/retry`
    """
    return Call(
        "retry_job",
        "POST",
        "/api/v2/jobs/{job}/retry",
        {202: reads(models.Job)},
        path={"job": job},
    )


def run_source(collection: str, source: str) -> Call[models.Job]:
    """Load a standing source now.

    Queue a load of a source, whether it is paused or not.

    Where the source has `sync` it takes the permission to delete, too.

    `POST /api/v2/collections/{collection}/sources/{source}/jobs`
    """
    return Call(
        "run_source",
        "POST",
        "/api/v2/collections/{collection}/sources/{source}/jobs",
        {202: reads(models.Job)},
        path={"collection": collection, "source": source},
    )


def search_by_vector(
    collection: str, body: models.VectorSearch | Mapping[str, Any]
) -> Call[models.SearchReply]:
    """Search by a vector.

    Find the images nearest to 512 floats of the caller's own.

    `POST /api/v2/collections/{collection}/search/vector`
    """
    return Call(
        "search_by_vector",
        "POST",
        "/api/v2/collections/{collection}/search/vector",
        {200: reads(models.SearchReply)},
        path={"collection": collection},
        body=body,
    )


def search_images(
    collection: str,
    file: FileInput | None = None,
    *,
    url: str | None = None,
    top_k: int | None = None,
    offset: int | None = None,
    min_score: float | None = None,
    min_match: float | None = None,
    tag: str | None = None,
    path_prefix: str | None = None,
    filter: JsonText | None = None,
    distinct: bool | None = None,
    expand: int | None = None,
    rerank: Literal["none", "k_reciprocal"] | None = None,
    crop: str | None = None,
) -> Call[models.SearchReply]:
    """Search by a picture.

    Find the images that look most like a picture, or like a part of it.

    The picture comes with the request, or is fetched from the address that `url` names.

    `POST /api/v2/collections/{collection}/search`
    """
    return Call(
        "search_images",
        "POST",
        "/api/v2/collections/{collection}/search",
        {200: reads(models.SearchReply)},
        path={"collection": collection},
        form={
            "url": url,
            "top_k": top_k,
            "offset": offset,
            "min_score": min_score,
            "min_match": min_match,
            "tag": tag,
            "path_prefix": path_prefix,
            "filter": filter,
            "distinct": distinct,
            "expand": expand,
            "rerank": rerank,
            "crop": crop,
        },
        files={"file": file},
    )


def start_calibration(collection: str) -> Call[models.Job]:
    """Compute the thresholds of a collection.

    Queue a job that compares 10,000 images of the collection with each other, or all it has.

    Takes 46 images at least: 422 `too_few_images`. While such a job is unfinished the same one
    is answered.

    `POST /api/v2/collections/{collection}/calibration`
    """
    return Call(
        "start_calibration",
        "POST",
        "/api/v2/collections/{collection}/calibration",
        {202: reads(models.Job)},
        path={"collection": collection},
    )


def start_reencoding(
    collection: str, body: models.ReencodingInput | Mapping[str, Any]
) -> Call[models.Job]:
    """Encode a collection anew.

    Queue a job that makes vectors with another pooling or index beside those that there are.

    Searches, loads, changes and deletions go on meanwhile; every write goes to both. Once both
    have the same images, the new ones are searched from one moment on, and the old ones are
    kept until DELETE. Pictures are read from their sources: where some cannot be encoded any
    more, the job fails with `sources_missing`, and its failures say why. Started again, it goes
    on where it was.

    `POST /api/v2/collections/{collection}/reencode`
    """
    return Call(
        "start_reencoding",
        "POST",
        "/api/v2/collections/{collection}/reencode",
        {202: reads(models.Job)},
        path={"collection": collection},
        body=body,
    )


def stream_events(
    *, collection: str | None = None, last_event_id: str | None = None
) -> Call[JobEvent]:
    """Follow all jobs.

    Server-Sent Events of all jobs, from now on or after Last-Event-ID, without an end.

    Only jobs of collections that the key may read are told of.

    Begins with the unfinished jobs as `progress`; then gives `progress` whenever a job has
    changed, at most four times a second, and `end` once for each that has ended. The ledger
    keeps the last 10,000 changes: a client that comes back later is sent `reset`, and should
    list the jobs. During an outage of Redis it sends comments and continues afterwards.

    `GET /api/v2/events`
    """
    return Call(
        "stream_events",
        "GET",
        "/api/v2/events",
        {200: EVENTS},
        query={"collection": collection},
        headers={"Last-Event-ID": last_event_id},
    )


def stream_job_events(job: str, *, last_event_id: str | None = None) -> Call[JobEvent]:
    """Follow a job.

    Server-Sent Events of a job, from its beginning or after Last-Event-ID.

    Begins with its state now, gives `progress` at most four times a second, every `failure`
    once, and closes after `end`. During an outage of Redis it sends comments and continues
    afterwards.

    `GET /api/v2/jobs/{job}/events`
    """
    return Call(
        "stream_job_events",
        "GET",
        "/api/v2/jobs/{job}/events",
        {200: EVENTS, 204: NOTHING},
        path={"job": job},
        headers={"Last-Event-ID": last_event_id},
    )


def tag_images(
    collection: str, body: models.TagsUpdate | Mapping[str, Any]
) -> Call[models.TagsChanged]:
    """Change the tags of many images.

    Add tags to the images of a filter, or of a list of ids, and remove others.

    One call changes 5,000 images at most, and says how many remain; the same call again goes on
    with those. Nothing is lost beside a load, as each image is locked while it is changed.

    `POST /api/v2/collections/{collection}/images/tags`
    """
    return Call(
        "tag_images",
        "POST",
        "/api/v2/collections/{collection}/images/tags",
        {200: reads(models.TagsChanged)},
        path={"collection": collection},
        body=body,
    )


def update_collection(
    collection: str, body: models.CollectionChanges | Mapping[str, Any]
) -> Call[models.Collection]:
    """Rename or describe a collection.

    Give a collection another name, another description, or both. No vector is copied.

    Its images, jobs, uploads, standing sources, duplicates and thresholds stay with it. While
    it has unfinished jobs it keeps its name: 409 `collection_busy`. With `keep_alias` every
    call takes the old name, too, until that is deleted by DELETE. A new name takes the
    permission to delete under the old one, and to write under the new one.

    `PATCH /api/v2/collections/{collection}`
    """
    return Call(
        "update_collection",
        "PATCH",
        "/api/v2/collections/{collection}",
        {200: reads(models.Collection)},
        path={"collection": collection},
        body=body,
    )


def update_image(
    collection: str,
    image: str,
    body: models.ImageUpdate | Mapping[str, Any],
    *,
    if_match: str | None = None,
) -> Call[models.Image]:
    """Change an image's tags or metadata.

    Change an image's tags, its metadata, or both, by a JSON merge patch (RFC 7396).

    What is left out stays as it is, and null removes; names of the metadata are changed one by
    one. Beside a whole list, `tags` may be `{"add": […], "remove": […]}`. With `If-Match`, only
    if nobody has changed the image since it was read: 412 otherwise.

    `PATCH /api/v2/collections/{collection}/images/{image}`
    """
    return Call(
        "update_image",
        "PATCH",
        "/api/v2/collections/{collection}/images/{image}",
        {200: reads(models.Image)},
        path={"collection": collection, "image": image},
        headers={"if-match": if_match},
        body=body,
    )


def update_source(
    collection: str, source: str, body: models.StandingSourceChanges | Mapping[str, Any]
) -> Call[models.StandingSource]:
    """Change a standing source.

    Change when and how a source is loaded, or pause it. The source itself stays.

    What `sync` is set or left for takes the permission to delete, too; to pause it does not.

    `PATCH /api/v2/collections/{collection}/sources/{source}`
    """
    return Call(
        "update_source",
        "PATCH",
        "/api/v2/collections/{collection}/sources/{source}",
        {200: reads(models.StandingSource)},
        path={"collection": collection, "source": source},
        body=body,
    )


def upload_images(
    collection: str,
    files: Sequence[FileInput],
    *,
    wait: bool | None = None,
    idempotency_key: str | None = None,
    tags: Sequence[str] | None = None,
    on_duplicate: Literal["keep", "skip"] | None = None,
    report_duplicates: bool | None = None,
    metadata: JsonText | None = None,
) -> Call[models.Upload]:
    """Upload pictures.

    Store pictures and queue them as a job, an unknown collection being created.

    An archive (.zip, .tar, .tar.gz, .tar.xz, .tar.zst) is opened, and its pictures are stored
    as if each had been sent by itself; `files` of the reply names each of them.

    Each is known by its content: the same picture is stored once, and its name is for show
    only. Files that are no pictures are `rejected` in the reply and are no part of the job;
    when none is a picture, the answer is 422 and nothing is stored.

    `POST /api/v2/collections/{collection}/images`
    """
    return Call(
        "upload_images",
        "POST",
        "/api/v2/collections/{collection}/images",
        {202: reads(models.Upload), 200: reads(models.Upload)},
        path={"collection": collection},
        query={"wait": wait},
        headers={"Idempotency-Key": idempotency_key},
        form={
            "tags": tags,
            "on_duplicate": on_duplicate,
            "report_duplicates": report_duplicates,
            "metadata": metadata,
        },
        files={"files": files},
    )


def list_job_failures_csv(job: str) -> Call[str]:
    """List a job's failures.

    The files that could not be indexed, in the order they were met, each with its reason.

    `GET /api/v2/jobs/{job}/failures`
    """
    return Call(
        "list_job_failures",
        "GET",
        "/api/v2/jobs/{job}/failures",
        {200: TEXT},
        accept="text/csv",
        path={"job": job},
    )

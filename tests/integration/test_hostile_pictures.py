"""Pictures that take minutes to decode, in loads and searches, and as thumbnails."""

from concurrent.futures import ThreadPoolExecutor

from tests.drawn import draw_files
from tests.hostile_pictures import endless_jpeg
from tests.stack import Stack


def test_a_folder_with_endless_pictures_is_loaded(stack: Stack) -> None:
    folder = stack.image_root / "endless"
    draw_files(folder, 20)
    hostile = {f"endless{number}.jpg" for number in range(2)}
    for name in hostile:
        (folder / name).write_bytes(endless_jpeg() + name.encode())

    job = stack.wait_job(stack.load("endless", folder)["id"], 150)

    assert (job["status"], job["indexed"], job["failed"]) == ("done", 20, 2)
    failures = stack.failures(job["id"])
    assert {failure["uri"].rpartition("/")[2] for failure in failures} == hostile
    assert {failure["code"] for failure in failures} == {"too_slow"}


def test_others_are_answered_beside_sixteen_endless_searches(stack: Stack) -> None:
    folder = stack.image_root / "sixteen"
    (picture, *_) = draw_files(folder, 2)
    stack.wait_job(stack.load("sixteen", folder)["id"])
    hostile = endless_jpeg()

    def search(data: bytes) -> tuple[int, str | None]:
        reply = stack.client.post("/api/v2/collections/sixteen/search", files={"file": data})
        return reply.status_code, reply.json().get("code")

    with ThreadPoolExecutor(16) as threads:
        slow = [threads.submit(search, hostile) for _ in range(16)]
        ordinary = [search(picture.read_bytes()) for _ in range(3)]
        # The ordinary ones overtook them.
        waiting = sum(not future.done() for future in slow)
        ordinary += [search(picture.read_bytes()) for _ in range(27)]
        outcomes = [future.result() for future in slow]

    assert ordinary == [(200, None)] * 30
    assert waiting > 0
    assert outcomes == [(422, "too_slow")] * 16


def test_an_endless_thumbnail_is_422(stack: Stack) -> None:
    folder = stack.image_root / "thumbnails"
    (picture,) = draw_files(folder, 1)
    stack.wait_job(stack.load("thumbnails", folder)["id"])
    (image,) = stack.images("thumbnails")
    picture.write_bytes(endless_jpeg())

    replies = [stack.client.get(image["thumbnail_url"]) for _ in range(2)]

    for reply in replies:
        assert reply.status_code == 422
        assert reply.headers["content-type"] == "application/problem+json"
        assert reply.json()["code"] == "too_slow"

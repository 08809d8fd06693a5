"""Health checks and metrics, for supervisors, load balancers and Prometheus."""

from fastapi import APIRouter, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CONTENT_TYPE_LATEST

from gateway.dependencies import MetricsDep, ReadinessDep
from gateway.http.problems import problem_responses
from gateway.schemas.system import Check, Liveness, Readiness
from gateway.services.readiness import FRESH_SECONDS

router = APIRouter(tags=["health"])


@router.get("/health/live", summary="Is the process alive?")
async def get_liveness() -> Liveness:
    """Answers while the process runs, even without Redis and Milvus."""
    return Liveness()


@router.get(
    "/health/ready",
    summary="Is everything there?",
    responses={503: {"model": Readiness, "description": "At least one part does not answer."}},
)
async def get_readiness(readiness: ReadinessDep, response: Response) -> Readiness:
    """Whether Redis, Milvus and an encoder that answers searches are there, each with its age."""
    states = await readiness.check()
    ready = all(state.ok for state in states.values())
    if not ready:
        response.status_code = 503
        response.headers["Retry-After"] = str(int(FRESH_SECONDS) // 3)
    return Readiness(
        status="ready" if ready else "not_ready",
        **{
            part: Check(
                state="ok" if state.ok else "away",
                age_seconds=None if state.age is None else round(state.age, 1),
            )
            for part, state in states.items()
        },
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "Prometheus' text format.",
            "content": {
                "text/plain": {
                    "schema": {"type": "string"},
                    "example": 'lookalike_images_total{outcome="indexed"} 4711.0\n',
                }
            },
        },
        **problem_responses(),
    },
)
async def get_metrics(metrics: MetricsDep, readiness: ReadinessDep) -> Response:
    """Counts of images, jobs, queues, workers, searches and requests; the stores, and GPUs."""
    states = await readiness.check()
    metrics.milvus_up.set(states["milvus"].ok)
    return Response(await run_in_threadpool(metrics.render), media_type=CONTENT_TYPE_LATEST)

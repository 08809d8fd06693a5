"""`lookalike status`."""

import typer

from lookalike_client.cli import options
from lookalike_client.cli.exits import ExitCode
from lookalike_client.cli.output import print_json, print_table, shown_time
from lookalike_client.cli.session import session_of


def status(context: typer.Context, as_json: options.Json = False) -> None:
    """Show whether the server works, and what it does; exit code 5 if a part is away."""
    session = session_of(context)
    with session.client() as client:
        ready = client.get_readiness()
        code = ExitCode.DONE if ready.status == "ready" else ExitCode.UNAVAILABLE
        if code and as_json:
            print_json({"readiness": ready.model_dump(mode="json"), "system": None})
            raise typer.Exit(code)
        parts = {"redis": ready.redis, "milvus": ready.milvus, "encoder": ready.encoder}
        if not as_json:
            shown = "  ".join(f"{name}: {check.state}" for name, check in parts.items())
            session.out.print(f"{client.url} is {ready.status.replace('_', ' ')}  {shown}")
        if code:
            raise typer.Exit(code)
        system = client.get_system()
    if as_json:
        print_json(
            {
                "readiness": ready.model_dump(mode="json"),
                "system": system.model_dump(mode="json"),
            }
        )
        return
    out = session.out
    out.print(f"encoder {system.encoder}, {system.jobs_active:,} jobs active", soft_wrap=True)
    out.print(f"image roots: {', '.join(system.image_roots)}", markup=False, soft_wrap=True)
    waiting = ", ".join(f"{name} {count:,}" for name, count in system.queues.items())
    out.print(f"waiting: {waiting}", soft_wrap=True)
    rows = [
        (
            worker.name,
            worker.queue,
            worker.device,
            worker.precision,
            f"{worker.images_per_second:.1f}",
            shown_time(worker.started_at),
        )
        for worker in system.workers
    ]
    heads = ("worker", "queue", "device", "precision", "images/s", "since")
    print_table(out, heads, rows, right="images/s")

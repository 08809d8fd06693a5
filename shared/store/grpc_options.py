"""How channels to Milvus connect again, and how they find out that it is away."""

# A subchannel pool of its own and short backoff: otherwise gRPC reconnects up to two minutes after
# the end of a long outage. https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md
GRPC_OPTIONS = {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.min_reconnect_backoff_ms": 3000,
    "grpc.max_reconnect_backoff_ms": 3000,
    # pymilvus pings idle servers every 10 s, and a server that follows gRPC's defaults, as
    # milvus-lite does, hangs up on whoever pings more than every 5 minutes.
    "grpc.keepalive_time_ms": 310_000,
    "grpc.keepalive_permit_without_calls": False,
}

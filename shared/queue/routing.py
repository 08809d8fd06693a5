"""The queues, the tasks' names and their priorities."""

SCAN = "scan"
ENCODE = "encode"
QUERY = "query"
QUEUES = (SCAN, ENCODE, QUERY)
SCAN_TASK = "indexer.scan"
ENCODE_TASK = "encoder.encode_chunk"
QUERY_TASK = "encoder.encode_query"


#: Kombu keeps one Redis list per step; uploads go to the first, bulk loads to the second.
PRIORITY_STEPS = (0, 5)

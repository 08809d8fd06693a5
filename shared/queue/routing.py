"""The queues, the tasks' names and their priorities."""

SCAN = "scan"
ENCODE = "encode"
#: Celery sends nothing here: an encoder that serves it reads queries from the ledger.
QUERY = "query"
QUEUES = (SCAN, ENCODE, QUERY)
SCAN_TASK = "indexer.scan"
ENCODE_TASK = "encoder.encode_chunk"


#: Kombu keeps one Redis list per step; uploads go to the first, bulk loads to the second.
PRIORITY_STEPS = (0, 5)

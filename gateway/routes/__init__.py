"""The routes, one file per resource. A handler parses the request, calls one service, answers."""

"""A hub under half of the load that it can take, for as long as wanted: what grows, what slows down, what is lost.

`python -m tests.soak --minutes 20` starts a PostgreSQL, a RabbitMQ, one `cjhub serve` and two `cjhub work` of its own.
`traffic.py` gives mixed documents and follows each to its recipients, `watch.py` looks at processes, database and
queues, `run.py` is the run, `report.py` what came of it.
"""

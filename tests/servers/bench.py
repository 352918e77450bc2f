"""`cjhub bench` on a PostgreSQL and a RabbitMQ that are started for it: `make bench`."""

import subprocess
import sys

from tests.servers.postgres import server
from tests.servers.rabbitmq import rabbit_node

if __name__ == "__main__":
    with server(durable=True) as postgres, postgres.database() as url, rabbit_node() as rabbit:
        words = ["bench", "--database", url, "--broker", rabbit.url(), *sys.argv[1:]]
        sys.exit(subprocess.run([sys.executable, "-m", "hub", *words], check=False).returncode)

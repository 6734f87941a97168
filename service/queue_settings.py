"""Celery's configuration, read from the settings when the app is first used.

At-least-once everywhere: a task is acknowledged after it ran, a lost worker's task is given back, and each task is
written so that running it twice changes nothing. Messages carry ids only, as JSON; results are kept in the database and
nowhere else. Time limits of checks come with each message.
"""

from __future__ import annotations

from service.checks.context import Queue
from service.settings import settings

_config = settings()

broker_url = _config.redis_url.get_secret_value()
broker_connection_retry_on_startup = True
broker_transport_options = {
    "visibility_timeout": 600,  # the sweeper is faster; this only returns messages whose rows are long done
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    # A caller must not wait for a broker that is down: the sweeper sends again what was not taken.
    "max_retries": 0,
    "interval_start": 0,
    "global_keyprefix": "verdict:",
}
task_ignore_result = True
task_acks_late = True
task_reject_on_worker_lost = True
task_serializer = "json"
result_serializer = "json"
accept_content = ["json"]
task_protocol = 2
task_default_queue = Queue.CHECKS.value
task_create_missing_queues = False
# Each queue its own exchange and key: with the defaults every message would reach every queue.
task_queues = {queue.value: {"exchange": queue.value, "routing_key": queue.value} for queue in Queue}
task_routes = {
    "verdict.make_decision": {"queue": Queue.CHECKS.value},
    "verdict.relay_outbox": {"queue": Queue.NOTIFY.value},
    "verdict.sweep": {"queue": Queue.NOTIFY.value},
    "verdict.run_report": {"queue": Queue.BULK.value},
    "verdict.compare_trials": {"queue": Queue.BULK.value},
    # Proofs and back-tests take minutes: on a queue of their own they hold up nobody's checks and letters.
    "verdict.run_pack_job": {"queue": Queue.PACKS.value},
}
# For everything but checks, whose limits come with each message: nothing may hold a worker for ever.
task_soft_time_limit = 540
task_time_limit = 600
worker_prefetch_multiplier = 1
worker_max_tasks_per_child = 500  # native image libraries grow a little with every picture
worker_send_task_events = False
worker_hijack_root_logger = False
timezone = "UTC"
enable_utc = True
# A round that found no worker for its whole interval is worthless; the next one does its work.
beat_schedule = {
    "sweep": {
        "task": "verdict.sweep",
        "schedule": _config.sweep_every_s,
        "options": {"expires": max(30.0, 2 * _config.sweep_every_s)},
    },
    "relay_outbox": {
        "task": "verdict.relay_outbox",
        "schedule": 2.0,
        "options": {"expires": 30.0},
    },
    "compare_trials": {
        "task": "verdict.compare_trials",
        "schedule": 5.0,
        "options": {"expires": 30.0},
    },
}
beat_schedule_filename = str(_config.data_dir / "beat")

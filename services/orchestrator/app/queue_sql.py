"""The statements by which `queue.py` takes jobs away and looks after those left behind."""

from __future__ import annotations

from typing import Final

JOB_NAME: Final = "run_task"
QUEUE_NAME: Final = "tasks"

NEXT_JOB: Final = "nextval('procrastinate_jobs_id_seq')"

ENQUEUE: Final = f"""
    INSERT INTO procrastinate_jobs (id, queue_name, task_name, priority, args)
    SELECT job_id, '{QUEUE_NAME}', '{JOB_NAME}', place, jsonb_build_object('task_id', id)
"""
"""What the library does for new jobs, FROM rows with `job_id`, `place` (its priority) and the `id`
of the task: part of the statement that stores the tasks."""

DROP_STALLED = """
    DELETE FROM procrastinate_jobs WHERE status = 'doing' AND id IN (
        SELECT job.id FROM procrastinate_jobs job
          LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
          LEFT JOIN tasks ON tasks.id = (job.args ->> 'task_id')::uuid
         WHERE job.status = 'doing' AND job.queue_name = :queue
           AND (worker.id IS NULL
                OR worker.last_heartbeat < now() - make_interval(secs => :stale)
                -- its worker lives, and yet has done with it: the end of the job was not written
                OR ((tasks.status IS DISTINCT FROM 'processing'
                     OR tasks.deadline_at < now() - make_interval(secs => :forgotten))
                    AND (SELECT max(at) FROM procrastinate_events event
                          WHERE event.job_id = job.id AND event.type = 'started'
                        ) < now() - make_interval(secs => :forgotten))))
    RETURNING id
"""

FETCH = """
    WITH candidate AS (
        SELECT id FROM procrastinate_jobs
         WHERE status = 'todo' AND queue_name = ANY(%(queues)s::varchar[])
           AND (scheduled_at IS NULL OR scheduled_at <= now())
         ORDER BY priority DESC, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
    )
    UPDATE procrastinate_jobs job SET status = 'doing', worker_id = %(worker_id)s
      FROM candidate WHERE job.id = candidate.id
    RETURNING job.*
"""
"""What the library does for one job, without its look at locks, of which ours have none: for each
job that look goes through all that wait."""

FINISH = """
    WITH free AS (
        SELECT id FROM procrastinate_jobs
         WHERE id = ANY(%(job_ids)s::bigint[]) AND status IN ('todo', 'doing')
         ORDER BY id FOR UPDATE SKIP LOCKED
    )
    SELECT id, procrastinate_finish_job_v1(id, status::procrastinate_job_status, deletion)
    FROM unnest(%(job_ids)s::bigint[], %(statuses)s::text[], %(deletions)s::boolean[])
        AS given (id, status, deletion)
    JOIN free USING (id)
"""
"""As the library ends one job, those that are there and not locked; returns which."""

FINISH_ONE = """
    SELECT procrastinate_finish_job_v1(%(job_id)s, %(status)s::procrastinate_job_status,
                                       %(deletion)s)
"""
"""As the library ends one job."""

DELIVER_AGAIN = """
    SELECT procrastinate_retry_job_v2(
        %(job_id)s, now() + make_interval(secs => %(after)s), NULL, NULL, NULL
    )
"""
"""The library's own statement, with a time by the server's clock, by which it is fetched too."""

DROP_ENDED = """
    DELETE FROM procrastinate_jobs
     WHERE queue_name = :queue AND status NOT IN ('todo', 'doing')
"""

FORGET_WORKERS = """
    DELETE FROM procrastinate_workers
     WHERE last_heartbeat < now() - make_interval(secs => :stale)
"""

ORPHANS = """
    SELECT id, tenant, priority FROM tasks
     WHERE status IN ('pending', 'processing')
       AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                        WHERE job.id = tasks.job_id AND job.status IN ('todo', 'doing'))
     ORDER BY created_at
     LIMIT :limit
       FOR UPDATE SKIP LOCKED
"""

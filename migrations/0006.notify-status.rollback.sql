DROP TRIGGER jobs_notify_moved ON jobs;
DROP TRIGGER jobs_notify_removed ON jobs;
DROP FUNCTION jobs_notify();

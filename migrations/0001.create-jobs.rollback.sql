DROP TABLE jobs;
DROP FUNCTION jobs_touch();

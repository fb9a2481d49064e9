DELETE FROM workers WHERE role <> 'worker';
ALTER TABLE workers DROP COLUMN role;

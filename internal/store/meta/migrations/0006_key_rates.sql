-- What a key may send within the rate of its project; 0: no limit of its own.

ALTER TABLE project_keys ADD COLUMN rate_per_second DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE project_keys ADD COLUMN rate_burst BIGINT NOT NULL DEFAULT 0;

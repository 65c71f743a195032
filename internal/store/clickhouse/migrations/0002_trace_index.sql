-- The events of a trace are looked up by id, from other tools and from the event page.
ALTER TABLE {{local "events"}}{{cluster}} ADD INDEX IF NOT EXISTS ix_trace_id trace_id TYPE bloom_filter(0.001) GRANULARITY 1;

ALTER TABLE {{local "events"}}{{cluster}} MATERIALIZE INDEX ix_trace_id;

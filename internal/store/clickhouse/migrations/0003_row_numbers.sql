-- Rows know their numbers, so that what is found out about an event later can be written beside its part and found again after merges. Costs a byte a row.
ALTER TABLE {{local "events"}}{{cluster}} MODIFY SETTING enable_block_number_column = 1, enable_block_offset_column = 1;

package chdb

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/template"
)

// ChildConfig says how the engine process runs.
type ChildConfig struct {
	// Library is the path of the engine's shared library.
	Library string
	// Data is the folder the engine keeps its tables in. It is made if it does not exist
	// and may be open in one process at a time.
	Data string
	// Listen is where statements are taken: "HOST:PORT" with a loopback host, "unix:PATH",
	// or "fd:N" for a listening socket handed down by the parent.
	Listen string
	// Limits bounds what the engine takes of the machine.
	Limits Limits
	// Control is the parent's pipe, usually standard input: its first line is the secret
	// that clients must present, and its end is the order to exit. The secret comes this
	// way because arguments and environment are visible to other processes.
	Control io.Reader
	// Ready receives one line, "ready ADDRESS", once statements are taken.
	Ready io.Writer
}

// Validate reports the first thing wrong with the configuration.
func (c ChildConfig) Validate() error {
	switch {
	case c.Library == "":
		return errors.New("engine: no library given")
	case c.Data == "":
		return errors.New("engine: no data folder given")
	case c.Listen == "":
		return errors.New("engine: no listen address given")
	case c.Control == nil:
		return errors.New("engine: no control pipe given")
	}
	return c.Limits.Validate()
}

// Limits bounds what the engine takes of the machine. The zero value is not usable; start
// from DefaultLimits.
type Limits struct {
	// Memory is what the whole engine process may hold, in bytes. The engine itself gets
	// less, because its own accounting does not see all of what it takes.
	Memory int64
	// Statements is the number of statements that run at a time; further ones wait.
	Statements int
	// Threads is the number of threads one statement may use; 0 means one per CPU.
	Threads int
	// MergeThreads is the number of threads that merge parts in the background.
	MergeThreads int
}

// DefaultLimits are right for one machine that also runs the rest of Faultline: about
// 1 GB at full ingest and a third of that when idle.
func DefaultLimits() Limits {
	return Limits{Memory: 1 << 30, Statements: 32, MergeThreads: 2}
}

// minMemory is what the engine needs to merge and to answer at all.
const minMemory = 384 << 20

// Validate reports the first limit that the engine cannot run under.
func (l Limits) Validate() error {
	switch {
	case l.Memory < minMemory:
		return fmt.Errorf("engine memory: %d bytes is too little, give at least %d (384 MB)", l.Memory, minMemory)
	case l.Statements < 1:
		return fmt.Errorf("engine statements: %d is too few, give at least 1", l.Statements)
	case l.Threads < 0:
		return fmt.Errorf("engine threads: %d is negative, give 0 for one per CPU", l.Threads)
	case l.MergeThreads < 1:
		return fmt.Errorf("engine merge threads: %d is too few, give at least 1", l.MergeThreads)
	}
	return nil
}

// accounted is the part of the memory that the engine is told of. The rest is what its
// accounting misses: the mapped library, caches of the allocator, thread stacks.
func (l Limits) accounted() int64 { return l.Memory - max(l.Memory/3, 192<<20) }

// statement is what every statement runs under unless it says otherwise.
func (l Limits) statement() map[string]string {
	settings := map[string]string{
		"max_memory_usage": strconv.FormatInt(l.accounted()*3/4, 10),
	}
	if l.Threads > 0 {
		settings["max_threads"] = strconv.Itoa(l.Threads)
	}
	return settings
}

// xml writes the engine's configuration file for the data folder.
func (l Limits) xml(dir string) []byte {
	var b strings.Builder
	if err := engineXML.Execute(&b, struct {
		Limits
		Accounted, Cache int64
		Dir              string
	}{l, l.accounted(), l.Memory / 64, dir}); err != nil {
		panic("fill in the engine's configuration: " + err.Error())
	}
	return []byte(b.String())
}

// engineXML is the engine's configuration file. What is not said there has ClickHouse's
// default, which is made for a machine of its own.
var engineXML = template.Must(template.New("engine.xml").Parse(`<?xml version="1.0"?>
<!-- Written at every start; changes are lost. -->
<clickhouse>
    <max_server_memory_usage>{{.Accounted}}</max_server_memory_usage>
    <mark_cache_size>{{.Cache}}</mark_cache_size>
    <uncompressed_cache_size>0</uncompressed_cache_size>
    <index_mark_cache_size>{{.Cache}}</index_mark_cache_size>
    <index_uncompressed_cache_size>0</index_uncompressed_cache_size>
    <primary_index_cache_size>{{.Cache}}</primary_index_cache_size>
    <query_condition_cache_size>{{.Cache}}</query_condition_cache_size>
    <text_index_tokens_cache_size>{{.Cache}}</text_index_tokens_cache_size>
    <text_index_header_cache_size>{{.Cache}}</text_index_header_cache_size>
    <text_index_postings_cache_size>{{.Cache}}</text_index_postings_cache_size>
    <vector_similarity_index_cache_size>0</vector_similarity_index_cache_size>
    <iceberg_metadata_files_cache_size>0</iceberg_metadata_files_cache_size>
    <mmap_cache_size>64</mmap_cache_size>
    <compiled_expression_cache_size>16777216</compiled_expression_cache_size>

    <background_pool_size>{{.MergeThreads}}</background_pool_size>
    <!-- Inserts and queries come a little earlier, and small merges do not wait behind large ones. -->
    <os_threads_nice_value_merge_mutate>2</os_threads_nice_value_merge_mutate>
    <background_merges_mutations_concurrency_ratio>4</background_merges_mutations_concurrency_ratio>
    <background_merges_mutations_scheduling_policy>shortest_task_first</background_merges_mutations_scheduling_policy>
    <background_move_pool_size>1</background_move_pool_size>
    <background_fetches_pool_size>1</background_fetches_pool_size>
    <background_common_pool_size>2</background_common_pool_size>
    <background_buffer_flush_schedule_pool_size>1</background_buffer_flush_schedule_pool_size>
    <background_schedule_pool_size>8</background_schedule_pool_size>
    <background_message_broker_schedule_pool_size>1</background_message_broker_schedule_pool_size>
    <background_distributed_schedule_pool_size>1</background_distributed_schedule_pool_size>
    <tables_loader_foreground_pool_size>2</tables_loader_foreground_pool_size>
    <tables_loader_background_pool_size>2</tables_loader_background_pool_size>
    <max_thread_pool_size>1000</max_thread_pool_size>
    <max_thread_pool_free_size>16</max_thread_pool_free_size>
    <max_io_thread_pool_size>16</max_io_thread_pool_size>
    <max_concurrent_queries>0</max_concurrent_queries>

    <merge_tree>
        <!-- Where rows are is read at the start and kept, not when the first question after it needs it. -->
        <primary_key_lazy_load>0</primary_key_lazy_load>
        <prewarm_mark_cache>1</prewarm_mark_cache>
        <columns_to_prewarm_mark_cache>project_id,fingerprint,timestamp,event_id,received_at</columns_to_prewarm_mark_cache>
        <!-- A merge of big parts must fit beside the inserts. -->
        <merge_max_block_size_bytes>4194304</merge_max_block_size_bytes>
        <!-- A merge holds two megabytes for each part. -->
        <max_parts_to_merge_at_once>32</max_parts_to_merge_at_once>
        <number_of_free_entries_in_pool_to_execute_mutation>1</number_of_free_entries_in_pool_to_execute_mutation>
        <number_of_free_entries_in_pool_to_lower_max_size_of_merge>1</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
        <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>1</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
    </merge_tree>
</clickhouse>
`))

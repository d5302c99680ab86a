// Series with which the alerts of logging fire, and others with which they do not.

/** Series of one scenario: `name{labels}` by values in promtool's notation (start, step and count), one a minute. */
export type Series = Readonly<Record<string, string>>;

/** Series with which an alert fires at a time and, next to the same without a cause, does not. */
export interface Case {
  readonly fires: Series;
  readonly quiet: Series;
  /** When it is looked at; default 60m. */
  readonly at?: string;
  /** Time between two evaluations of the rule; default 1m. */
  readonly every?: string;
}

export const many = (value: number) => `${value}x1500`;
export const grows = (step: number, start = 0) => `${start}${step < 0 ? "-" : "+"}${Math.abs(step)}x1500`;

const gi = 2 ** 30;
const journal = (values: string): Series => ({ 'gl_journal_entries_uncommitted{pod="graylog-0"}': values });
const fill = (share: number): Series => ({ 'gl_journal_utilization_ratio{pod="graylog-0"}': many(share) });
const written = (refused: number): Series => ({
  'gl_elasticsearch_output_failures_total{pod="graylog-0"}': grows(refused),
  'gl_elasticsearch_output_writes_total{pod="graylog-0"}': grows(1000),
});
const graylogHeap = (used: number): Series => ({
  'jvm_memory_bytes_used{pod="graylog-0",container="graylog-server",area="heap"}': many(used),
  'jvm_memory_bytes_max{pod="graylog-0",container="graylog-server",area="heap"}': many(100),
});
const sent = (retries: string, records: string): Series => ({
  'fluentbit_output_retries_total{pod="fluent-bit-a",name="gelf.1"}': retries,
  'fluentbit_output_proc_records_total{pod="fluent-bit-a",name="gelf.1"}': records,
});
const color = (one: string): Series =>
  Object.fromEntries(
    ["green", "yellow", "red"].map((each) => [
      `elasticsearch_cluster_health_status{cluster="logs",color="${each}"}`,
      many(each === one ? 1 : 0),
    ]),
  );
const shards = (unassigned: number, initializing: number): Series => ({
  'elasticsearch_cluster_health_unassigned_shards{cluster="logs"}': many(unassigned),
  'elasticsearch_cluster_health_initializing_shards{cluster="logs"}': many(initializing),
});
const nodes = (count: number): Series => ({
  'elasticsearch_cluster_health_number_of_nodes{cluster="logs"}': many(count),
  'kube_statefulset_replicas{namespace="a",statefulset="opensearch"}': many(3),
});
const heap = (used: number): Series => ({
  'elasticsearch_jvm_memory_used_bytes{name="opensearch-0",area="heap"}': many(used),
  'elasticsearch_jvm_memory_max_bytes{name="opensearch-0",area="heap"}': many(2 * gi),
  // What is outside of the heap has no limit.
  'elasticsearch_jvm_memory_used_bytes{name="opensearch-0",area="non-heap"}': many(gi),
});
const disk = (free: number): Series => ({
  'elasticsearch_filesystem_data_available_bytes{name="opensearch-0"}': many(free * gi),
  'elasticsearch_filesystem_data_size_bytes{name="opensearch-0"}': many(100 * gi),
});
const latest = (values: string): Series => ({
  'elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds{repository="logs"}': values,
});
const members = (...states: number[]): Series =>
  Object.fromEntries(
    states.map((state, index) => [`mongodb_members_state{pod="graylog-mongodb-0",member_idx="${index}"}`, many(state)]),
  );

/** By `component/alert`. */
export const loggingCases: Readonly<Record<string, readonly Case[]>> = {
  "graylog/GraylogSilent": [
    {
      fires: { 'gl_input_throughput{pod="graylog-0"}': many(0) },
      // One node of two takes everything, and there are seconds without a message.
      quiet: {
        'gl_input_throughput{pod="graylog-0"}': many(0),
        'gl_input_throughput{pod="graylog-1"}': "0 9 0 0 0 0 0x10 7 0x10 8 0x10 5 0x10 3 0x10 9",
      },
    },
  ],
  "graylog/GraylogJournalGrowing": [
    { fires: journal(grows(1000, 150_000)), quiet: journal(grows(-1000, 400_000)), at: "90m" },
    { fires: journal(grows(1000, 150_000)), quiet: journal(grows(100)), at: "90m" },
  ],
  "graylog/GraylogJournalFillingUp": [{ fires: fill(0.7), quiet: fill(0.4) }],
  "graylog/GraylogJournalFull": [{ fires: fill(0.99), quiet: fill(0.9) }],
  "graylog/GraylogIndexingFails": [{ fires: written(50), quiet: written(5) }],
  "graylog/GraylogBuffersFull": [
    {
      fires: {
        'gl_buffer_usage{pod="graylog-0",type="output"}': many(65536),
        'gl_buffer_size{pod="graylog-0",type="output"}': many(65536),
      },
      quiet: {
        'gl_buffer_usage{pod="graylog-0",type="output"}': many(100),
        'gl_buffer_size{pod="graylog-0",type="output"}': many(65536),
      },
    },
  ],
  "graylog/GraylogHeap": [{ fires: graylogHeap(97), quiet: graylogHeap(70) }],
  "collector/CollectorRetries": [
    // A try that fails now and then is no more than that.
    { fires: sent(grows(2), many(500)), quiet: sent(grows(2), grows(500)) },
  ],
  "collector/CollectorBufferFillingUp": [
    {
      fires: { 'fluentbit_output_chunk_available_capacity_percent{pod="fluent-bit-a",name="gelf.1"}': many(5) },
      quiet: { 'fluentbit_output_chunk_available_capacity_percent{pod="fluent-bit-a",name="gelf.1"}': many(95) },
    },
  ],
  "collector/CollectorDrops": [
    {
      fires: { 'fluentbit_output_dropped_records_total{pod="fluent-bit-a",name="gelf.1"}': grows(3) },
      quiet: { 'fluentbit_output_dropped_records_total{pod="fluent-bit-a",name="gelf.1"}': many(3) },
    },
  ],
  "opensearch/OpensearchUnreachable": [{ fires: {}, quiet: nodes(3) }],
  "opensearch/OpensearchRed": [{ fires: color("red"), quiet: color("yellow") }],
  "opensearch/OpensearchYellow": [{ fires: color("yellow"), quiet: color("green") }],
  "opensearch/OpensearchShardsUnassigned": [
    { fires: shards(4, 0), quiet: shards(0, 0), at: "90m" },
    { fires: shards(4, 0), quiet: shards(4, 2), at: "90m" },
  ],
  "opensearch/OpensearchNodesMissing": [{ fires: nodes(2), quiet: nodes(3) }],
  "opensearch/OpensearchHeap": [{ fires: heap(1.9 * gi), quiet: heap(1.2 * gi) }],
  "opensearch/OpensearchRejects": [
    {
      fires: { 'elasticsearch_thread_pool_rejected_count{name="opensearch-0",type="write"}': grows(5) },
      quiet: {
        'elasticsearch_thread_pool_rejected_count{name="opensearch-0",type="write"}': many(5),
        'elasticsearch_thread_pool_rejected_count{name="opensearch-0",type="generic"}': grows(5),
      },
    },
  ],
  "opensearch/OpensearchDiskFillingUp": [{ fires: disk(12), quiet: disk(20) }],
  "opensearch/OpensearchDiskFull": [{ fires: disk(6), quiet: disk(12) }],
  "opensearch/OpensearchSnapshotTooOld": [
    // The clock of these tests starts at nought: one snapshot a minute after it, and no other came; or one each minute.
    { fires: latest("60x3600"), quiet: latest("60+60x3600"), at: "49h", every: "10m" },
    { fires: latest("60x3600"), quiet: latest("0x3600"), at: "49h", every: "10m" },
  ],
  "opensearch/OpensearchSnapshotMissing": [
    { fires: latest("0x3600"), quiet: latest("60x3600"), at: "27h", every: "10m" },
  ],
  "mongodb/MongodbNoPrimary": [{ fires: members(2, 2, 8), quiet: members(1, 2, 8) }],
  "mongodb/MongodbMemberDown": [
    {
      fires: { 'mongodb_members_health{pod="graylog-mongodb-0",member_idx="2"}': many(0) },
      quiet: { 'mongodb_members_health{pod="graylog-mongodb-0",member_idx="2"}': many(1) },
    },
  ],
  "mongodb/MongodbConnectionsNearlyUsed": [
    {
      fires: {
        'mongodb_connections_current{pod="graylog-mongodb-0"}': many(900),
        'mongodb_connections_available{pod="graylog-mongodb-0"}': many(100),
      },
      quiet: {
        'mongodb_connections_current{pod="graylog-mongodb-0"}': many(100),
        'mongodb_connections_available{pod="graylog-mongodb-0"}': many(900),
      },
    },
  ],
};

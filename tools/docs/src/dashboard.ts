/** A query of a panel, and how its lines are called. */
type Query = readonly [expression: string, legend: string];

interface Panel {
  readonly title: string;
  /** What it says, and when to worry. */
  readonly doc: string;
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly kind?: "stat" | "table";
}

const TASKS = '{connector=~"$connector"}';
const EACH = "{{connector}}-{{task}}";
const RATE = "$__rate_interval";

const rateOf = (metric: string) => `rate(${metric}${TASKS}[${RATE}])`;

/** Rows of panels, from what an operator asks first to what explains it. */
const ROWS: readonly (readonly [title: string, panels: readonly Panel[]])[] = [
  [
    "Does it work?",
    [
      {
        title: "Tasks by state",
        doc: "Anything but running and paused needs somebody.",
        unit: "short",
        kind: "stat",
        queries: [[`sum by (status) (kafka_connect_connector_task_metrics${TASKS})`, "{{status}}"]],
      },
      {
        title: "Connectors",
        doc: "What workers run, and how it does.",
        unit: "short",
        kind: "table",
        queries: [
          [
            `sum by (connector, connector_class, connector_type, status) (kafka_connect_connector_metrics${TASKS})`,
            "",
          ],
        ],
      },
      {
        title: "Failed tasks",
        doc: "They stay here until somebody restarts or deletes them.",
        unit: "short",
        kind: "table",
        queries: [
          [
            'sum by (connector, task, instance) (kafka_connect_connector_task_metrics{connector=~"$connector",status="failed"})',
            "",
          ],
        ],
      },
    ],
  ],
  [
    "Records",
    [
      {
        title: "Sources: polled and written",
        doc: "Written stays behind polled for as long as Kafka is slower than the source.",
        unit: "ops",
        queries: [
          [rateOf("kafka_connect_source_task_metrics_source_record_poll_total"), `${EACH} polled`],
          [
            rateOf("kafka_connect_source_task_metrics_source_record_write_total"),
            `${EACH} written`,
          ],
        ],
      },
      {
        title: "Sinks: read and taken",
        doc: "What the task has taken, of what was read for it.",
        unit: "ops",
        queries: [
          [rateOf("kafka_connect_sink_task_metrics_sink_record_read_total"), `${EACH} read`],
          [rateOf("kafka_connect_sink_task_metrics_sink_record_send_total"), `${EACH} taken`],
        ],
      },
      {
        title: "Sinks: lag",
        doc: "Records in Kafka that were not polled, of the partition with most of them.",
        unit: "short",
        queries: [[`millrace_sink_task_records_lag_max${TASKS}`, EACH]],
      },
      {
        title: "Under way",
        doc: "Polled, and neither written nor given up.",
        unit: "short",
        queries: [[`millrace_task_records{connector=~"$connector",fate="held"}`, EACH]],
      },
      {
        title: "Dropped, skipped, dead-lettered",
        doc: "Filtered by transformations, given up by errors.tolerance, kept in dead-letter topics: since each task's start.",
        unit: "short",
        queries: [
          [
            'sum by (connector, fate) (millrace_task_records{connector=~"$connector",fate=~"filtered|skipped|dead_lettered"}) > 0',
            "{{connector}} {{fate}}",
          ],
        ],
      },
      {
        title: "The books",
        doc: "What was read and has no known fate. It must be 0.",
        unit: "short",
        kind: "stat",
        queries: [
          [
            `sum(millrace_task_records{connector=~"$connector",fate="read"}) - sum(millrace_task_records{connector=~"$connector",fate!="read"})`,
            "unaccounted",
          ],
        ],
      },
    ],
  ],
  [
    "Errors",
    [
      {
        title: "Failed records",
        doc: "Attempts that failed, records that failed for good, and retries.",
        unit: "ops",
        queries: [
          [rateOf("kafka_connect_task_error_metrics_total_record_failures"), `${EACH} failures`],
          [rateOf("kafka_connect_task_error_metrics_total_record_errors"), `${EACH} errors`],
          [rateOf("kafka_connect_task_error_metrics_total_retries"), `${EACH} retries`],
        ],
      },
      {
        title: "Dead letters that could not be written",
        doc: "A task fails when one cannot be.",
        unit: "short",
        queries: [
          [`kafka_connect_task_error_metrics_deadletterqueue_produce_failures${TASKS}`, EACH],
        ],
      },
    ],
  ],
  [
    "Time",
    [
      {
        title: "Poll and put",
        doc: "How long plugins take for a batch: the other system's speed.",
        unit: "ms",
        queries: [
          [`kafka_connect_source_task_metrics_poll_batch_avg_time_ms${TASKS}`, `${EACH} poll`],
          [`kafka_connect_sink_task_metrics_put_batch_avg_time_ms${TASKS}`, `${EACH} put`],
        ],
      },
      {
        title: "Batch size",
        doc: "Small batches cost more per record.",
        unit: "short",
        queries: [[`kafka_connect_connector_task_metrics_batch_size_avg${TASKS}`, EACH]],
      },
      {
        title: "Commits of offsets",
        doc: "How long they take, and the share that fails.",
        unit: "ms",
        queries: [
          [`kafka_connect_connector_task_metrics_offset_commit_avg_time_ms${TASKS}`, EACH],
          [
            `kafka_connect_connector_task_metrics_offset_commit_failure_percentage${TASKS} > 0`,
            `${EACH} failing`,
          ],
        ],
      },
    ],
  ],
  [
    "Kafka",
    [
      {
        title: "Bytes to and from Kafka",
        doc: "Batches as they travel, compressed.",
        unit: "Bps",
        queries: [
          [rateOf("kafka_producer_producer_metrics_outgoing_byte_total"), `${EACH} sent`],
          [
            rateOf("kafka_consumer_consumer_fetch_manager_metrics_bytes_consumed_total"),
            `${EACH} fetched`,
          ],
        ],
      },
      {
        title: "Latency of requests",
        doc: "Until a batch is acknowledged; until a fetch is answered, which waits for data up to fetch.max.wait.ms.",
        unit: "ms",
        queries: [
          [`kafka_producer_producer_metrics_request_latency_avg${TASKS}`, `${EACH} produce`],
          [
            `kafka_consumer_consumer_fetch_manager_metrics_fetch_latency_avg${TASKS}`,
            `${EACH} fetch`,
          ],
        ],
      },
      {
        title: "Sent again, given up",
        doc: "Records whose batch was refused or lost on the way.",
        unit: "ops",
        queries: [
          [rateOf("kafka_producer_producer_metrics_record_retry_total"), `${EACH} again`],
          [rateOf("kafka_producer_producer_metrics_record_error_total"), `${EACH} given up`],
        ],
      },
    ],
  ],
  [
    "Workers",
    [
      {
        title: "Tasks per worker",
        doc: "They differ by one at most, once the cluster has settled.",
        unit: "short",
        queries: [["kafka_connect_connect_worker_metrics_task_count", "{{instance}}"]],
      },
      {
        title: "Rebalances",
        doc: "Completed within five minutes. Many mean that workers come and go.",
        unit: "short",
        queries: [
          [
            "increase(kafka_connect_connect_worker_rebalance_metrics_completed_rebalances_total[5m])",
            "{{instance}}",
          ],
        ],
      },
      {
        title: "Busy threads",
        doc: "At 1 the thread's tasks wait for each other: more task.threads, or more workers.",
        unit: "percentunit",
        queries: [["millrace_thread_load", "{{instance}} {{thread}}"]],
      },
      {
        title: "Processor",
        doc: "Cores that a worker keeps busy.",
        unit: "short",
        queries: [[`rate(process_cpu_seconds_total[${RATE}])`, "{{instance}}"]],
      },
      {
        title: "Memory",
        doc: "Resident memory of a worker.",
        unit: "bytes",
        queries: [["process_resident_memory_bytes", "{{instance}}"]],
      },
      {
        title: "Delay of the main thread",
        doc: "REST answers wait for as long.",
        unit: "s",
        queries: [["nodejs_eventloop_lag_p99_seconds", "{{instance}}"]],
      },
    ],
  ],
];

const COLUMNS = 24;
const WIDTH = 8;
const HEIGHT = 8;
const DATASOURCE = { type: "prometheus", uid: "${datasource}" };

/** A dashboard of Grafana's, to be imported. */
export function dashboard(): Record<string, unknown> {
  const panels: Record<string, unknown>[] = [];
  let y = 0;
  for (const [title, row] of ROWS) {
    panels.push({
      type: "row",
      id: panels.length + 1,
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    });
    y++;
    for (const [i, panel] of row.entries()) {
      const x = (i * WIDTH) % COLUMNS;
      if (i > 0 && x === 0) y += HEIGHT;
      panels.push({
        id: panels.length + 1,
        ...body(panel),
        gridPos: { x, y, w: WIDTH, h: HEIGHT },
      });
    }
    y += HEIGHT;
  }
  return {
    uid: "millrace-connect",
    title: "Millrace: Kafka Connect",
    tags: ["kafka-connect"],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    templating: { list: variables() },
    panels,
  };
}

/** Every expression in it. */
export function expressions(): string[] {
  return ROWS.flatMap(([, panels]) =>
    panels.flatMap(({ queries }) => queries.map(([text]) => text)),
  );
}

function body({ title, doc, unit, queries, kind }: Panel): Record<string, unknown> {
  const isTable = kind === "table";
  return {
    type: kind ?? "timeseries",
    title,
    description: doc,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit }, overrides: [] },
    options: isTable ? {} : { legend: { displayMode: "list", placement: "bottom" } },
    targets: queries.map(([expr, legendFormat], i) => ({
      refId: String.fromCodePoint(65 + i),
      datasource: DATASOURCE,
      expr,
      legendFormat,
      ...((isTable || kind === "stat") && { instant: true }),
      ...(isTable && { format: "table" }),
    })),
    ...(isTable && {
      transformations: [
        { id: "organize", options: { excludeByName: { Time: true, Value: true } } },
      ],
    }),
  };
}

function variables(): Record<string, unknown>[] {
  const query = "label_values(kafka_connect_connector_metrics, connector)";
  return [
    { name: "datasource", type: "datasource", query: "prometheus", label: "Data source" },
    {
      name: "connector",
      type: "query",
      label: "Connector",
      datasource: DATASOURCE,
      query: { query, refId: "connector" },
      definition: query,
      refresh: 2,
      multi: true,
      includeAll: true,
      allValue: ".*",
      current: { text: "All", value: "$__all" },
    },
  ];
}

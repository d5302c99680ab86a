/** The destination of the collector's logs. */
export type Destination =
  | { readonly transport: "gelf"; readonly host: string; readonly port: number }
  /** One port for the hosts' own services, one for pods. */
  | { readonly transport: "syslog"; readonly host: string; readonly hostPort: number; readonly podPort: number };

/** Paths on a node, and the size of the buffer. */
export interface CollectorShape {
  readonly destination: Destination;
  /** Folder with a link to each container's log; logs of pods in the namespace {@link CollectorShape.ownNamespace} are not read. */
  readonly containers: string;
  /** Folder of systemd's journal, with the kernel's messages. Default: hosts' logs are not read. */
  readonly journal?: string;
  /** Persistent folder on the node: positions in the logs, and logs that were not sent yet. */
  readonly state: string;
  /** Maximum megabytes in the buffer on each node, separately for pods and for hosts; the oldest logs are dropped. */
  readonly bufferMegabytes: number;
  /** URL of the Kubernetes API. */
  readonly api: string;
  /** Folder with the pod's own token, CA and namespace. */
  readonly serviceAccount: string;
  readonly ownNamespace: string;
}

/** The port of the collector's health endpoint and metrics. */
export const statusPort = 2020;

/** Values of the field `input_src`, which Graylog's streams match. */
export const sources = { hosts: "system-hosts", pods: "system-k8s" } as const;

/** The environment variable with the node's name. */
export const nodeVariable = "NODE_NAME";

/** The variable with the address of its pod. */
export const addressVariable = "POD_IP";

/** The parts of the configuration, as values of the chart. */
export interface CollectorConfiguration {
  readonly service: string;
  readonly inputs: string;
  readonly filters: string;
  readonly outputs: string;
  readonly customParsers: string;
}

/** The path to which the chart mounts {@link CollectorConfiguration.customParsers}. */
export const parsersFile = "/fluent-bit/etc/conf/custom_parsers.conf";

type Section = readonly [kind: string, settings: Readonly<Record<string, string | number | readonly string[]>>];

/**
 * Python's tracebacks, including chained ones. The built-in parser `python` reads the last line also as the first line of the next
 * traceback, and sends it twice.
 */
const pythonTraceback: Section = [
  "MULTILINE_PARSER",
  {
    name: "python-traceback",
    type: "regex",
    flush_timeout: 2000,
    rule: [
      '"start_state" "/^Traceback \\(most recent call last\\):/" "frames"',
      '"frames" "/^\\s+\\S/" "frames"',
      '"frames" "/^[^\\s:]+(?::|$)/" "raised"',
      '"raised" "/^\\s*$/" "raised"',
      '"raised" "/^(?:During handling of|The above exception was)/" "chained"',
      '"chained" "/^\\s*$/" "chained"',
      '"chained" "/^Traceback/" "frames"',
    ],
  },
];

/**
 * The configuration of Fluent Bit (its classic format, "Configuration File"): logs are buffered on disk until Graylog has
 * accepted them, so that neither a restart nor an outage loses a line.
 */
export function collectorConfiguration(shape: CollectorShape): CollectorConfiguration {
  return {
    service: text([service(shape)]),
    inputs: text([containers(shape), ...journal(shape)]),
    filters: text(filters(shape)),
    outputs: text(outputs(shape)),
    customParsers: text([pythonTraceback]),
  };
}

function service({ state }: CollectorShape): Section {
  return [
    "SERVICE",
    {
      Daemon: "Off",
      Flush: 1,
      // Longer than a connection timeout, so that logs in memory reach the disk.
      Grace: 10,
      Log_Level: "info",
      Parsers_File: parsersFile,
      HTTP_Server: "On",
      // The pod's own address, of whichever family: there is no wildcard for both that works without IPv6 in the kernel.
      HTTP_Listen: `\${${addressVariable}}`,
      HTTP_Port: statusPort,
      // It fails only if nothing is sent for a long time: Graylog may be down as long as the buffer has space.
      Health_Check: "On",
      HC_Errors_Count: 500,
      HC_Retry_Failure_Count: 500,
      HC_Period: 60,
      "storage.path": `${state}/buffer`,
      "storage.sync": "normal",
      "storage.max_chunks_up": 64,
      "storage.backlog.mem_limit": "16M",
      "storage.metrics": "On",
      "scheduler.base": 1,
      // The maximum wait between two retries, in seconds: without it, logs could arrive half an hour after an outage.
      "scheduler.cap": 30,
    },
  ];
}

/** The containers' logs, in the format of containerd and CRI-O or of Docker; split lines are joined. */
function containers({ containers: folder, ownNamespace, state }: CollectorShape): Section {
  return [
    "INPUT",
    {
      Name: "tail",
      Tag: "kube.*",
      Path: `${folder}/*.log`,
      // Its own errors about failed sending would be logged, and sent as well.
      Exclude_Path: `${folder}/*_${ownNamespace}_*.log`,
      "multiline.parser": "cri, docker",
      DB: `${state}/containers.db`,
      // Also reads logs of pods that started while the collector was down.
      Read_from_Head: "On",
      Refresh_Interval: 5,
      Rotate_Wait: 30,
      Buffer_Max_Size: "1M",
      // Without it, Fluent Bit stops reading a file at the first longer line.
      Skip_Long_Lines: "On",
      "storage.type": "filesystem",
    },
  ];
}

/** The hosts' own services and the kernel: systemd's journal has both. */
function journal({ journal: folder, state }: CollectorShape): Section[] {
  if (folder === undefined) return [];
  return [
    [
      "INPUT",
      {
        Name: "systemd",
        Tag: "host.*",
        Path: folder,
        DB: `${state}/journal.db`,
        // The first start begins at the end of the journal; later starts continue where they stopped.
        Read_From_Tail: "On",
        Lowercase: "On",
        Strip_Underscores: "On",
        "storage.type": "filesystem",
      },
    ],
  ];
}

function filters({ containers: folder, api, serviceAccount }: CollectorShape): Section[] {
  return [
    [
      "FILTER",
      {
        Name: "multiline",
        Match: "kube.*",
        "multiline.key_content": "log",
        "multiline.parser": "java, python-traceback",
        // Lines that wait for their continuation are also buffered on disk.
        "emitter_storage.type": "filesystem",
        emitter_mem_buf_limit: "10M",
      },
    ],
    [
      "FILTER",
      {
        Name: "kubernetes",
        Match: "kube.*",
        Kube_URL: api,
        Kube_CA_File: `${serviceAccount}/ca.crt`,
        Kube_Token_File: `${serviceAccount}/token`,
        Kube_Namespace_File: `${serviceAccount}/namespace`,
        Kube_Tag_Prefix: `kube.${folder.slice(1).replaceAll("/", ".")}.`,
        // Under a separate key: a program's own "level" or "timestamp" would overwrite GELF's.
        Merge_Log: "On",
        Merge_Log_Key: "data",
        Keep_Log: "On",
        "K8S-Logging.Parser": "On",
        "K8S-Logging.Exclude": "On",
        Annotations: "Off",
        Buffer_Size: "1M",
      },
    ],
    [
      "FILTER",
      {
        Name: "modify",
        Match: "kube.*",
        Set: `input_src ${sources.pods}`,
        Add: `host \${${nodeVariable}}`,
        // The runtime's fields; the message already has the time.
        Remove: ["_p", "time"],
      },
    ],
    // Graylog rejects messages without a text.
    ["FILTER", { Name: "grep", Match: "kube.*", Regex: "log \\S" }],
    [
      "FILTER",
      {
        Name: "modify",
        Match: "host.*",
        Set: `input_src ${sources.hosts}`,
        Add: `hostname \${${nodeVariable}}`,
      },
    ],
    ["FILTER", { Name: "grep", Match: "host.*", Regex: "message \\S" }],
  ];
}

function outputs({ destination, bufferMegabytes }: CollectorShape): Section[] {
  const waiting = { Retry_Limit: "no_limits", "storage.total_limit_size": `${bufferMegabytes}M` };
  if (destination.transport === "syslog") {
    const { host, hostPort, podPort } = destination;
    const shared = { Name: "syslog", Host: host, Mode: "udp", Syslog_Format: "rfc5424", Syslog_MaxSize: 8192 };
    return [
      [
        "OUTPUT",
        {
          ...shared,
          Match: "host.*",
          Port: hostPort,
          Syslog_Severity_Key: "priority",
          Syslog_Facility_Key: "syslog_facility",
          Syslog_Message_Key: "message",
          Syslog_Hostname_Key: "hostname",
          Syslog_Appname_Key: "syslog_identifier",
          ...waiting,
        },
      ],
      [
        "OUTPUT",
        {
          ...shared,
          Match: "kube.*",
          Port: podPort,
          Syslog_Message_Key: "log",
          Syslog_Hostname_Key: "host",
          ...waiting,
        },
      ],
    ];
  }
  const shared = {
    Name: "gelf",
    Host: destination.host,
    Port: destination.port,
    Mode: "tcp",
    // GELF has no acknowledgements: if a kept-alive connection breaks, the messages just written to it are lost. New connections also
    // spread over all servers.
    "net.keepalive": "off",
    "net.connect_timeout": "5s",
  };
  return [
    [
      "OUTPUT",
      {
        ...shared,
        Match: "host.*",
        Gelf_Short_Message_Key: "message",
        Gelf_Host_Key: "hostname",
        Gelf_Level_Key: "priority",
        ...waiting,
      },
    ],
    ["OUTPUT", { ...shared, Match: "kube.*", Gelf_Short_Message_Key: "log", Gelf_Host_Key: "host", ...waiting }],
  ];
}

function text(sections: readonly Section[]): string {
  return sections
    .map(([kind, settings]) => {
      const lines = Object.entries(settings).flatMap(([name, value]) =>
        (typeof value === "object" ? value : [value]).map((one) => `    ${name} ${one}`),
      );
      return `[${kind}]\n${lines.join("\n")}\n`;
    })
    .join("\n");
}

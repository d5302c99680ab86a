/** Where the collector's logs go, and how. */
export type Destination =
  | { readonly transport: "gelf"; readonly host: string; readonly port: number }
  /** One port for the hosts' own services, one for pods. */
  | { readonly transport: "syslog"; readonly host: string; readonly hostPort: number; readonly podPort: number };

/** Where things are on a node, and how much may wait there. */
export interface CollectorShape {
  readonly destination: Destination;
  /** Folder with a link to each container's log; of pods in the namespace {@link CollectorShape.ownNamespace} none is read. */
  readonly containers: string;
  /** Folder of systemd's journal, with the kernel's messages; undefined: hosts' own logs are left alone. */
  readonly journal?: string;
  /** Folder that outlives the pod: positions in the logs, and what has not been sent. */
  readonly state: string;
  /** Megabytes that may wait for the destination on each node, for pods and for hosts each; the oldest beyond are dropped. */
  readonly bufferMegabytes: number;
  /** Where the Kubernetes API answers. */
  readonly api: string;
  /** Folder with the pod's own token, CA and namespace. */
  readonly serviceAccount: string;
  readonly ownNamespace: string;
}

/** The port at which the collector says how it is, and its metrics. */
export const statusPort = 2020;

/** Values of the field `input_src`, by which Graylog's streams tell messages apart. */
export const sources = { hosts: "system-hosts", pods: "system-k8s" } as const;

/** The variable that names the node in every pod. */
export const nodeVariable = "NODE_NAME";

/** The parts of the configuration, as the chart takes them. */
export interface CollectorConfiguration {
  readonly service: string;
  readonly inputs: string;
  readonly filters: string;
  readonly outputs: string;
  readonly customParsers: string;
}

/** Where the chart puts {@link CollectorConfiguration.customParsers}. */
export const parsersFile = "/fluent-bit/etc/conf/custom_parsers.conf";

type Section = readonly [kind: string, settings: Readonly<Record<string, string | number | readonly string[]>>];

/**
 * Python's tracebacks, chained ones too. The built-in parser `python` takes the last line for the first of the next, and sends
 * it twice.
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
 * The configuration of Fluent Bit (its classic format, "Configuration File"): everything waits on the disk until Graylog has
 * taken it, so that neither a restart nor an outage loses a line.
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
      // Longer than a connection takes to fail, so that what is in hand reaches the disk.
      Grace: 10,
      Log_Level: "info",
      Parsers_File: parsersFile,
      HTTP_Server: "On",
      HTTP_Listen: "0.0.0.0",
      HTTP_Port: statusPort,
      // It fails only where nothing goes out for long: Graylog may be away for as long as the disk lasts.
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
      // The longest wait between two tries, in seconds: after an outage nobody wants to wait for half an hour.
      "scheduler.cap": 30,
    },
  ];
}

/** The containers' logs, in the format of containerd and CRI-O or of Docker; a line that they split is put together. */
function containers({ containers: folder, ownNamespace, state }: CollectorShape): Section {
  return [
    "INPUT",
    {
      Name: "tail",
      Tag: "kube.*",
      Path: `${folder}/*.log`,
      // What it could not send would be told in its own log, and sent as well.
      Exclude_Path: `${folder}/*_${ownNamespace}_*.log`,
      "multiline.parser": "cri, docker",
      DB: `${state}/containers.db`,
      // Of pods that started while the collector was away, too.
      Read_from_Head: "On",
      Refresh_Interval: 5,
      Rotate_Wait: 30,
      Buffer_Max_Size: "1M",
      // Without it the first longer line ends the reading of its file for good.
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
        // The first start begins with what happens now; later ones go on where they stopped.
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
        // What it holds back for the next line waits on the disk as well.
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
        // Under a name of its own: a program's own "level" or "timestamp" would take the place of GELF's.
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
        // The runtime's own marks; the time is the message's already.
        Remove: ["_p", "time"],
      },
    ],
    // Graylog takes no message without a text.
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
    // GELF is never acknowledged: a kept connection that breaks would swallow what was just written to it. New ones also
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

import type { Desired, DesiredAlert, DesiredIndexSet, DesiredInput, DesiredPipeline, DesiredRule } from "./desired.ts";
import type { DesiredStream, DesiredUser } from "./desired.ts";

/** An input as the settings say it. */
export interface InputChoice {
  readonly title: string;
  readonly kind: "syslog-udp" | "gelf-tcp";
  readonly port: number;
  /** Threads that read the port. */
  readonly threads: number;
  /** The value of the field {@link sourceField} of its messages; left out: messages bring their own. */
  readonly source?: string;
  /** Port at which the nodes that run Graylog take it from outside the cluster; left out: it is reached from inside alone. */
  readonly nodePort?: number;
  /** Address ranges (CIDR) of senders outside; left out: any. */
  readonly allowFrom?: readonly string[];
}

/** The protocol of a kind of input. */
export function inputProtocol(kind: InputChoice["kind"]): "TCP" | "UDP" {
  return kind === "syslog-udp" ? "UDP" : "TCP";
}

/** The name of an input's port: of a container and of a Service, where names are unique whatever the protocols. */
export function inputPortName({ kind, port }: InputChoice, inputs: readonly InputChoice[]): string {
  const shared = inputs.some((other) => other.port === port && inputProtocol(other.kind) === "TCP");
  return inputProtocol(kind) === "UDP" && shared ? `in-${port}-udp` : `in-${port}`;
}

/** An index set as the settings say it. */
export interface IndexSetChoice {
  readonly prefix: string;
  readonly title: string;
  readonly shards: number;
  readonly replicas: number;
  /** Bytes. */
  readonly maxSize: number;
  readonly keep: number;
}

/** A stream as the settings say it: the messages from some sources. */
export interface StreamChoice {
  readonly title: string;
  readonly indexSet: string;
  /** Values of {@link sourceField}; one is enough. */
  readonly sources: readonly string[];
  readonly removeFromDefault: boolean;
  readonly readers: DesiredStream["readers"];
}

/** What the settings say of Graylog's content. */
export interface ContentChoices {
  readonly inputs: readonly InputChoice[];
  readonly indexSets: readonly IndexSetChoice[];
  /** Prefix of the index set of messages that no stream takes. */
  readonly defaultIndexSet: string;
  readonly streams: readonly StreamChoice[];
  readonly rules: readonly Pick<DesiredRule, "title" | "source">[];
  readonly pipelines: readonly Pick<DesiredPipeline, "title" | "source" | "streams">[];
  readonly alerts: readonly Omit<DesiredAlert, "description">[];
  readonly users: readonly DesiredUser[];
  readonly userHeader: string | null;
}

/** The field that says where a message comes from: from a host's own services, from a pod, or from processing. */
const sourceField = "input_src";

/** Graylog's own accounts: the first administrator, the Job's account, and one that Graylog creates. Users cannot have these names. */
export const accounts = { root: "admin", own: "groundplan", sidecar: "graylog-sidecar" } as const;

/** Prefixes of the index sets that Graylog creates itself. */
export const ownPrefixes = ["graylog", "gl-events", "gl-system-events"] as const;

/** The header in which a request names the user: only the proxy that stands before Graylog is believed. */
export const userHeader = "Remote-User";

/** Bytes that the kernel keeps for a port of datagrams until they are read. */
const datagramBuffer = 2_621_440;

const kinds = {
  "syslog-udp": {
    type: "org.graylog2.inputs.syslog.udp.SyslogUDPInput",
    configuration: {
      recv_buffer_size: datagramBuffer,
      force_rdns: false,
      allow_override_date: true,
      store_full_message: false,
      expand_structured_data: false,
    },
  },
  "gelf-tcp": {
    type: "org.graylog2.inputs.gelf.tcp.GELFTCPInput",
    configuration: {
      recv_buffer_size: 1_048_576,
      use_null_delimiter: true,
      max_message_size: 2_097_152,
      tcp_keepalive: true,
      tls_enable: false,
    },
  },
} as const;

/**
 * What the Job makes true in Graylog, in the terms of its REST API.
 * @param bindAddress the address at which inputs listen; default every IPv4 address
 */
export function graylogConfiguration(choices: ContentChoices, bindAddress = "0.0.0.0"): Desired {
  return {
    inputs: choices.inputs.map((one) => input(one, bindAddress)),
    indexSets: choices.indexSets.map((set) => indexSet(set, choices.defaultIndexSet)),
    streams: choices.streams.map(stream),
    rules: choices.rules.map((rule) => ({ ...rule, description: "" })),
    pipelines: choices.pipelines.map((pipeline) => ({ ...pipeline, description: "" })),
    alerts: choices.alerts.map((alert) => ({ ...alert, description: "" })),
    users: [...choices.users],
    userHeader: choices.userHeader,
  };
}

/** The title that a rule's or pipeline's source gives it (`rule "title"`): Graylog takes no other. Undefined: none. */
export function titleOf(source: string): string | undefined {
  return /^\s*(?:rule|pipeline)\s+"([^"]+)"/.exec(source)?.[1];
}

/** The titles of the rules that a pipeline's source names. */
export function rulesNamedIn(source: string): string[] {
  const comments = /"(?:[^"\\]|\\.)*"|\/\*[\s\S]*?\*\/|\/\/.*/g;
  const code = source.replace(comments, (found) => (found.startsWith('"') ? found : " "));
  return [...code.matchAll(/\brule\s+"((?:[^"\\]|\\.)*)"/g)].map(([, title = ""]) => title);
}

function input({ title, kind, port, threads, source }: InputChoice, bindAddress: string): DesiredInput {
  const { type, configuration } = kinds[kind];
  return {
    title,
    type,
    configuration: { ...configuration, bind_address: bindAddress, port, number_worker_threads: threads },
    staticFields: source === undefined ? {} : { [sourceField]: source },
  };
}

function indexSet(choice: IndexSetChoice, defaultPrefix: string): DesiredIndexSet {
  return { ...choice, description: "", default: choice.prefix === defaultPrefix };
}

/** Kind of a rule that compares a field with a text (StreamRuleType.java, EXACT). */
const equals = 1;

function stream({ title, indexSet, readers, removeFromDefault, sources }: StreamChoice): DesiredStream {
  return {
    title,
    description: "",
    indexSet,
    matching: sources.length > 1 ? "OR" : "AND",
    removeFromDefault,
    readers,
    rules: sources.map((value) => ({ field: sourceField, type: equals, value, inverted: false })),
  };
}

/** A value as JSON carries it. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** An input: a port at which Graylog takes messages, on every node of it. Its title is its identity. */
export interface DesiredInput {
  readonly title: string;
  /** The Java class of the input, such as `org.graylog2.inputs.syslog.udp.SyslogUDPInput`. */
  readonly type: string;
  /** What the input's form asks for, by the names of the REST API. */
  readonly configuration: Readonly<Record<string, string | number | boolean>>;
  /** Fields that every message of the input gets, unless it has them already. */
  readonly staticFields: Readonly<Record<string, string>>;
}

/** A set of indices. Its prefix is its identity, and cannot change. */
export interface DesiredIndexSet {
  readonly title: string;
  readonly description: string;
  readonly prefix: string;
  readonly shards: number;
  readonly replicas: number;
  /** Bytes after which a new index is begun. */
  readonly maxSize: number;
  /** Indices that are kept; the oldest beyond them is deleted. */
  readonly keep: number;
  /** Whether messages of no stream go here. At most one set says so. */
  readonly default: boolean;
}

/** What a message must be to belong to a stream. */
export interface DesiredStreamRule {
  readonly field: string;
  /** The number of the kind (StreamRuleType.java): 1 equals, 2 regular expression, 5 field exists, 6 contains, 7 always. */
  readonly type: number;
  readonly value: string;
  readonly inverted: boolean;
}

/** A stream: the messages that match its rules, kept in one index set. Its title is its identity. */
export interface DesiredStream {
  readonly title: string;
  readonly description: string;
  /** Prefix of its index set. */
  readonly indexSet: string;
  readonly matching: "AND" | "OR";
  readonly removeFromDefault: boolean;
  /** Who can read it in addition to administrators: every user who can log in, or no other user. */
  readonly readers: "everyone" | "none";
  readonly rules: readonly DesiredStreamRule[];
}

/** A rule of the processing pipelines, in Graylog's own language. Its title stands in its source. */
export interface DesiredRule {
  readonly title: string;
  readonly description: string;
  readonly source: string;
}

/** A pipeline, and the titles of the streams whose messages go through it. */
export interface DesiredPipeline extends DesiredRule {
  readonly streams: readonly string[];
}

/** An alert: too many messages of a stream that match a query, within a time. */
export interface DesiredAlert {
  readonly title: string;
  readonly description: string;
  readonly stream: string;
  readonly query: string;
  /** Messages above which it fires. */
  readonly above: number;
  readonly withinMs: number;
  /** 1 low, 2 normal, 3 high, 4 critical. */
  readonly priority: number;
}

/** A user who may log in. */
export interface DesiredUser {
  readonly username: string;
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly roles: readonly string[];
}

/** Everything that the configuration Job makes true in Graylog. */
export interface Desired {
  readonly inputs: readonly DesiredInput[];
  readonly indexSets: readonly DesiredIndexSet[];
  readonly streams: readonly DesiredStream[];
  readonly rules: readonly DesiredRule[];
  readonly pipelines: readonly DesiredPipeline[];
  readonly alerts: readonly DesiredAlert[];
  readonly users: readonly DesiredUser[];
  /** The request header that names the user who logged in at the gateway; null: logins by a header are off. */
  readonly userHeader: string | null;
}

// What the bodies of requests to Graylog's REST API may hold.

/** The body of a request. */
export type Body = Record<string, unknown>;

/** An answer that is no success, as the API's error mappers write it: a message, or what its validation or a parser found. */
export class Answer extends Error {
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, answer: string | Body | readonly Body[]) {
    super(JSON.stringify(answer));
    this.status = status;
    this.body = typeof answer === "string" ? { type: "ApiError", message: answer } : answer;
  }
}

/** Members that a body must have, and those that it may have: Graylog 7 refuses every other. */
interface Shape {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

// Request classes of graylog2-server 7.1.7: IndexSetCreationRequest, InputCreateRequest, CreateStreamRequest,
// CreateStreamRuleRequest, CreateEntityRequest, CreateStaticFieldRequest, CreateUserRequest, RuleSource, PipelineSource,
// EventDefinitionDto, RoleResponse, HTTPHeaderAuthConfig.
export const shapes = {
  indexSet: {
    required: [
      "title",
      "index_prefix",
      "shards",
      "replicas",
      "index_analyzer",
      "index_optimization_max_num_segments",
      "index_optimization_disabled",
      "field_type_refresh_interval",
      "writable",
    ],
    optional: [
      "description",
      "rotation_strategy_class",
      "rotation_strategy",
      "retention_strategy_class",
      "retention_strategy",
      "creation_date",
      "index_template_type",
      "field_type_profile",
      "data_tiering",
      "use_legacy_rotation",
      "index_set_template_id",
      "field_restrictions",
    ],
  },
  input: { required: ["title", "type", "global", "configuration"], optional: ["node"] },
  staticField: { required: ["key", "value"] },
  wrapper: { required: ["entity"], optional: ["share_request"] },
  stream: {
    required: ["title", "index_set_id"],
    optional: ["description", "rules", "content_pack", "matching_type", "remove_matches_from_default_stream"],
  },
  streamRule: { required: ["type", "value", "field", "inverted"], optional: ["description"] },
  sourced: { required: ["source"], optional: ["id", "title", "description", "_scope", "created_at", "modified_at"] },
  connection: { required: ["stream_id", "pipeline_ids"], optional: ["id"] },
  alert: {
    required: ["title", "description", "priority", "alert", "config", "key_spec", "notification_settings"],
    optional: ["id", "state", "field_spec", "notifications", "storage", "_scope"],
  },
  user: {
    required: ["username", "password", "email", "first_name", "last_name", "permissions"],
    optional: ["timezone", "session_timeout_ms", "startpage", "roles", "service_account"],
  },
  userChange: {
    required: [],
    optional: [
      "email",
      "first_name",
      "last_name",
      "permissions",
      "timezone",
      "session_timeout_ms",
      "startpage",
      "roles",
      "service_account",
    ],
  },
  shares: { required: ["selected_grantee_capabilities"], optional: ["selected_collections"] },
  streamChange: {
    required: [],
    optional: ["title", "description", "matching_type", "remove_matches_from_default_stream", "index_set_id", "rules"],
  },
  password: { required: ["password"], optional: ["old_password"] },
  role: { required: ["name", "permissions"], optional: ["description", "read_only"] },
  header: { required: ["enabled", "username_header"] },
} as const satisfies Record<string, Shape>;

/** The body, where it has the shape; otherwise the answer that refuses it. */
export function shaped(body: Body, { required, optional = [] }: Shape): Body {
  for (const name of Object.keys(body))
    if (![...required, ...optional].includes(name))
      throw new Answer(
        400,
        `Unable to map property ${name}.\nKnown properties include: ${[...required, ...optional].join(", ")}`,
      );
  for (const name of required)
    if (body[name] === undefined) throw new Answer(400, `Error at "${name}": must not be null`);
  return body;
}

/** The one of a list. @throws Answer 404 */
export function found<T>(list: readonly T[], is: (one: T) => boolean): T {
  const one = list.find(is);
  if (one === undefined) throw new Answer(404, "HTTP 404 Not Found");
  return one;
}

/** A body without some members. */
export function without(body: Body, ...names: string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

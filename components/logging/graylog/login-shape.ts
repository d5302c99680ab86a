/** A role of Graylog that the members of a group have. */
export interface GroupRole {
  readonly group: string;
  readonly role: string;
}

/** What the proxy is told. */
export interface LoginShape {
  /** Where Graylog listens, without a path: `http://127.0.0.1:9000`. */
  readonly graylog: string;
  /** An administrator, who makes users. */
  readonly administrator: { readonly username: string; readonly password: string };
  readonly roles: readonly GroupRole[];
  /** The role of users in none of the groups; null: they are turned away. */
  readonly otherwise: string | null;
  /** The header in which Graylog believes the user's name. */
  readonly userHeader: string;
  /** Names of Graylog's own accounts: users of the same names elsewhere do not get their rights. */
  readonly reserved: readonly string[];
  /** For how long a user's role is taken as it was seen, in milliseconds. */
  readonly remembersMs: number;
}

/** Names of the settings: a letter that tells them apart, and the greatest length that the settings accept. */
export const longest = {
  domain: [
    ["a", 63],
    ["b", 50],
  ],
  issuer: ["i", 63],
  host: ["h", 63],
  namespace: ["n", 63],
  service: ["s", 63],
  client: ["c", 58],
  database: ["d", 52],
  server: ["p", 30],
  user: ["u", 31],
} as const;

/** Names for {@link settingsWith}. */
export type Names = Readonly<Record<Exclude<keyof typeof longest, "domain">, string>> & {
  readonly domain: string;
  readonly kind: string;
  readonly engine: string;
};

/** The names as long as the settings accept them. */
export function longestNames(kind: string, engine: string): Names {
  const text = ([letter, length]: readonly [string, number]) => letter.repeat(length);
  const { domain, ...others } = longest;
  const names = Object.fromEntries(Object.entries(others).map(([name, one]) => [name, text(one)]));
  return { ...(names as Names), domain: `${domain.map(text).join(".")}.org`, kind, engine };
}

/** Settings, as `plan --set` takes them, with these names wherever a name of free length goes. */
export function settingsWith(names: Names): string[] {
  const { client, database, domain, engine, host, issuer, kind, namespace, server, service, user } = names;
  return [
    `domain=${domain}`,
    `certificates={issuers: [{name: ${issuer}, kind: own-ca}], hosts: [{host: "*.${host}", namespace: ${namespace}}]}`,
    `gateway.kind=${kind}`,
    `gateway.hosts=[{host: ${host}, namespace: ${namespace}, service: ${service}, sticky: true, maxBodySize: 1Mi, timeout: 5m, allowFrom: [10.0.0.0/8], labels: {app: a}, login: {client: ${client}-l, realmRoles: [user], apiPaths: [/api]}}]`,
    `postgresql.engine=${engine}`,
    `postgresql.name=${server}`,
    `postgresql.databases=[{name: ${database}, namespace: ${namespace}}]`,
    `keycloak={enabled: true, database: k${database.slice(1)}, realm: {users: [{username: ${user}}]}}`,
    "buckets={kind: embedded}",
  ];
}

// What a stack deploys of Keycloak, as its plan says it: the environment of the servers and of the Job, and the realm.
import { parse } from "yaml";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

/** The deployed realm and servers. */
export interface Deployed {
  readonly document: string;
  readonly realm: string;
  /** The Job's environment, with the values of its Secrets. */
  readonly job: Readonly<Record<string, string>>;
  /** The repairing CronJob's, where there is one. */
  readonly repair?: Readonly<Record<string, string>>;
  /** The servers' environment, without the database's address. */
  readonly server: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  /** The environment in which a pod builds its server before it starts. */
  readonly build: Readonly<Record<string, string>>;
  /** What the first pod runs besides, with an existing database. */
  readonly bootstrap?: { readonly command: readonly string[]; readonly env: Readonly<Record<string, string>> };
  readonly imageTag: string;
  /** The Secret of each client: id and secret, by client. */
  readonly clients: Readonly<Record<string, { readonly "client-id": string; readonly "client-secret": string }>>;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: unknown;
  };
}

interface Template {
  readonly template: { readonly spec: { readonly containers: readonly { readonly env: readonly Variable[] }[] } };
}

type Data = Record<string, string>;

export async function deployed(stack: TestStack): Promise<Deployed> {
  const { resources, result } = await recordStack(stack);
  const objects = plannedObjects(resources, ({ value }) => value);
  const { namespace, realm } = result.settings.keycloak;
  const data = (name: string, from = namespace) =>
    objects.find((one) => one.kind === "Secret" && one.name === name && one.namespace === from)?.manifest[
      "stringData"
    ] as Data;
  const resolved = (list: readonly Variable[]) =>
    Object.fromEntries(
      list.map(({ name, value, valueFrom }) => [
        name,
        valueFrom?.secretKeyRef === undefined
          ? (value ?? "127.0.0.1")
          : (data(valueFrom.secretKeyRef.name)[valueFrom.secretKeyRef.key] ?? ""),
      ]),
    );
  const environmentOf = (kind: string) => {
    const found = objects.find((one) => one.kind === kind && one.name.startsWith("keycloak-realm"));
    const spec = found?.manifest["spec"] as (Template & { jobTemplate?: { spec: Template } }) | undefined;
    const [container] = (spec?.jobTemplate?.spec ?? spec)?.template.spec.containers ?? [];
    return container === undefined ? undefined : resolved(container.env);
  };
  const release = plannedReleases(resources).find(({ chart }) => chart === "keycloakx");
  const values = release?.values as {
    extraEnv: string;
    extraInitContainers: string;
    command: string[];
    image: { tag: string };
    proxy: { mode: string };
  };
  const [built, bootstrap] = parse(values.extraInitContainers) as { env: Variable[]; command: string[] }[];
  const document = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "keycloak-realm");
  const repair = environmentOf("CronJob");
  const secrets = objects.filter(({ kind, name }) => kind === "Secret" && name.endsWith("-oidc"));
  return {
    document: (document?.manifest["data"] as Data)["realm.json"] ?? "",
    realm: realm.name,
    job: environmentOf("Job") ?? {},
    ...(repair === undefined ? {} : { repair }),
    server: {
      // What the chart makes of cache, proxy, health and metrics.
      KC_CACHE: "ispn",
      KC_CACHE_STACK: "jdbc-ping",
      KC_PROXY_HEADERS: values.proxy.mode,
      KC_HTTP_ENABLED: "true",
      KC_HTTP_RELATIVE_PATH: "/",
      KC_HEALTH_ENABLED: "true",
      KC_METRICS_ENABLED: "true",
      KC_DB: "postgres",
      ...resolved(parse(values.extraEnv) as Variable[]),
    },
    command: values.command,
    build: resolved(built?.env ?? []),
    ...(bootstrap && { bootstrap: { command: bootstrap.command, env: resolved(bootstrap.env) } }),
    imageTag: values.image.tag,
    clients: Object.fromEntries(
      secrets.map(({ name, manifest }) => [
        name.replace(/-oidc$/, ""),
        manifest["stringData"] as { "client-id": string; "client-secret": string },
      ]),
    ),
  };
}

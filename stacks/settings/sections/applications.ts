import { z } from "zod";
import * as formats from "../formats.ts";
import { key } from "../key.ts";
import { containerPath, portNameFormat, requiredResources, serverKeys, taskKeys, variableName } from "./application.ts";
import { connection } from "./connections.ts";
import { placementKeys } from "./foundation.ts";
import { routeKeys } from "./gateway.ts";
import { client } from "./keycloak.ts";
import { database } from "./postgresql.ts";

const restarts = "Restarts the pods.";
const policiesOnly = "Changes network policies only.";

/** Applications of the user's own. */
export function applicationsSection() {
  return {
    applications: key(z.array(application()).default([]), {
      is: "Applications of your own, each with everything that it needs (docs/applications.md).",
      changing:
        "Removing one deletes its pods, hosts and clients. In prod, its PersistentVolumeClaims are kept; databases and buckets are always kept.",
      accepts: "a list of applications",
    }),
  };
}

/** Names by what they hold, each with a default. */
function variables<Fact extends string>(facts: Readonly<Record<Fact, readonly [is: string, name: string]>>) {
  const shape = Object.fromEntries(
    Object.entries<readonly [string, string]>(facts).map(([fact, [is, name]]) => [
      fact,
      key(variableName().default(name), { is: `The variable with ${is}.`, changing: restarts }),
    ]),
  ) as Record<Fact, z.ZodDefault<ReturnType<typeof variableName>>>;
  return key(z.strictObject(shape).prefault({} as never), { is: "The names of the environment variables." });
}

function application() {
  return z.strictObject({
    name: key(formats.shortName(), {
      is: "The name, unique in the stack: of the Deployment, of the Service and of the dashboard.",
      changing: "Creates another application. PersistentVolumeClaims, databases and buckets keep their own names.",
    }),
    namespace: key(formats.name().optional(), {
      is: "The namespace, which only applications use.",
      unset: "The application's name is used.",
      changing: "Creates the application in the other namespace. Its PersistentVolumeClaims stay in this one.",
    }),
    title: key(formats.plainText(100, "Wiki").optional(), {
      is: "The title of its dashboard, and the purpose of its hosts.",
      unset: "The application's name is used.",
      changing: "No effect on running pods.",
    }),
    ...serverKeys(),
    servicePorts: key(z.record(portNameFormat(), formats.port()).default({}), {
      is: "Ports of the Service by name, where they differ from those of the pods.",
      changing: "Clients inside the cluster must use the other port.",
      accepts: "an object of ports by name, such as { http: 80 }",
    }),
    replicas: key(z.number().int().min(1).max(100).optional(), {
      is: "Number of pods, or their minimum with `scaling`.",
      unit: "pods",
      unset: "Two in prod. One in dev, and with a volume that pods of only one node can mount.",
      changing: "Adds or removes pods.",
    }),
    scaling: key(
      z
        .strictObject({
          maxReplicas: key(z.number().int().min(2).max(1000), {
            is: "Maximum number of pods.",
            unit: "pods",
            changing: "No effect on running pods.",
          }),
          cpu: key(z.number().int().min(1).max(100).default(75), {
            is: "CPU usage in percent of the request, above which pods are added.",
            unit: "percent",
            changing: "No effect on running pods.",
          }),
        })
        .optional(),
      {
        is: "A HorizontalPodAutoscaler, which needs the cluster's metrics server.",
        unset: "The number of pods is `replicas`.",
      },
    ),
    strategy: key(z.enum(["RollingUpdate", "Recreate"]).default("RollingUpdate"), {
      is: "How pods are replaced: one after another, or all at once with an interruption. With a volume that pods of only one node can mount, it is always `Recreate`.",
      changing: "No effect on running pods.",
    }),
    gracePeriod: key(formats.duration().default("30s"), {
      is: "Time that a pod has to stop.",
      changing: restarts,
    }),
    runAs: key(
      z
        .strictObject({
          user: key(z.number().int().min(1).max(4_294_967_294).default(1000), {
            is: "User ID of the processes. It is never 0.",
            changing: restarts,
          }),
          group: key(z.number().int().min(1).max(4_294_967_294).default(1000), {
            is: "Group ID of the processes, which owns the volumes.",
            changing: restarts,
          }),
        })
        .prefault({}),
      { is: "The user of the processes." },
    ),
    placement: key(placementKeys({}).optional(), {
      is: "The nodes that run its pods, such as nodes for processing.",
      unset: "The platform's nodes (`placement`) run them.",
    }),
    sidecars: key(z.array(sidecar()).default([]), {
      is: "Containers beside the main one, which they reach at `localhost`. They get only variables of their own.",
      changing: restarts,
      accepts: "a list of containers",
    }),
    init: key(z.array(step()).default([]), {
      is: "Containers that run to completion before the others start. They have the application's variables, files and volumes.",
      changing: restarts,
      accepts: "a list of containers",
    }),
    schedules: key(z.array(schedule()).default([]), {
      is: "Containers that run at certain times (CronJob). They have the application's variables and files, and its volumes of the role `shared`.",
      changing: "Changes the schedule at once.",
      accepts: "a list of schedules",
    }),
    volumes: key(z.array(volume()).default([]), {
      is: "PersistentVolumeClaims, mounted in the main container.",
      changing: "Removing one deletes the claim; in prod, it is kept.",
      accepts: "a list of volumes",
    }),
    generated: key(z.array(generated()).default([]), {
      is: "Secrets that the stack generates, such as the key of sessions.",
      changing: restarts,
      accepts: "a list of secrets",
    }),
    databases: key(
      z
        .array(
          database()
            .omit({ namespace: true })
            .extend({
              connections: key(z.number().int().min(1).max(1000).default(10), {
                is: "Maximum number of connections of each pod, for the connection budget of the plan. Configure the application's pool accordingly.",
                unit: "connections",
                changing: "Affects plans only.",
              }),
              environment: variables({
                host: ["the server's host name", "PGHOST"],
                port: ["its port", "PGPORT"],
                database: ["the name of the database", "PGDATABASE"],
                username: ["the role", "PGUSER"],
                password: ["the password", "PGPASSWORD"],
              }),
            }),
        )
        .default([]),
      {
        is: "Databases on the platform's PostgreSQL. By default, the variables are those of libpq.",
        changing: "Removing one keeps the database and its role on the server.",
        accepts: "a list of databases",
      },
    ),
    buckets: key(
      z
        .array(
          z.strictObject({
            name: key(formats.name(), {
              is: "The name of the bucket, after `buckets.prefix`.",
              changing: "Uses another bucket. Existing objects stay in the old one.",
            }),
            environment: variables({
              endpoint: ["the URL of the service", "AWS_ENDPOINT_URL_S3"],
              region: ["its region", "AWS_REGION"],
              bucket: ["the name of the bucket", "S3_BUCKET"],
              accessKey: ["the access key, unless `buckets.roleArn` is set", "AWS_ACCESS_KEY_ID"],
              secretKey: ["the secret key, unless `buckets.roleArn` is set", "AWS_SECRET_ACCESS_KEY"],
            }),
          }),
        )
        .default([]),
      {
        is: "Buckets of the object store. By default, the variables are those of AWS' SDKs.",
        changing: "Removing one keeps the bucket.",
        accepts: "a list of buckets",
      },
    ),
    clients: key(
      z
        .array(
          client()
            .omit({ namespace: true })
            .extend({
              redirectPaths: key(z.array(formats.absolutePath()).default([]), {
                is: "Paths that a login may return to, at each of the application's hosts.",
                changing: "Updates the client.",
                accepts: 'a list of paths, such as ["/callback"]',
              }),
              environment: variables({
                clientId: ["the client ID", "OIDC_CLIENT_ID"],
                clientSecret: ["the client's secret, unless it is public", "OIDC_CLIENT_SECRET"],
                issuer: ["the issuer", "OIDC_ISSUER"],
                discoveryUrl: ["the URL of the endpoints inside the cluster", "OIDC_DISCOVERY_URL"],
              }),
            }),
        )
        .default([]),
      {
        is: "Clients of the platform's Keycloak, for applications that log in users or check tokens themselves. For a login in front of the application, set `hosts[].login`.",
        changing: "Removing one deletes the client in the realm.",
        accepts: "a list of clients",
      },
    ),
    hosts: key(z.array(host()).default([]), {
      is: "Hosts at the gateway.",
      changing: "Removing one deletes its route and certificate.",
      accepts: "a list of hosts",
    }),
    connections: key(z.array(applicationConnection()).default([]), {
      is: "Connections of the application's pods. Those to its databases, buckets and clients need no entry.",
      unset: "The pods reach only what the other keys name.",
      changing: policiesOnly,
      accepts: "a list of connections",
    }),
    logs: key(
      z
        .strictObject({
          input: key(formats.plainText(200, "Processing Logs"), {
            is: "The title of the input: one of `logging.graylog.inputs`.",
            changing: restarts,
          }),
          environment: variables({
            host: ["the host name of the input", "LOG_HOST"],
            port: ["its port", "LOG_PORT"],
          }),
        })
        .optional(),
      {
        is: "An input of Graylog that the application sends its own logs to.",
        unset: "The log collector reads the output of the containers.",
      },
    ),
    metrics: key(
      z
        .strictObject({
          port: key(portNameFormat().optional(), {
            is: "The name of the port.",
            unset: "The application's first port is read.",
            changing: policiesOnly,
          }),
          path: key(formats.absolutePath().default("/metrics"), {
            is: "The path of the metrics.",
            changing: "No effect on running pods.",
          }),
        })
        .optional(),
      { is: "Metrics that Prometheus reads.", unset: "Prometheus reads only what the pods use." },
    ),
    alerts: key(z.array(alert()).default([]), {
      is: "Alerts of Prometheus. Pods that are not ready, restarts and full volumes have alerts already.",
      changing: "No effect on running pods.",
      accepts: "a list of alerts",
    }),
  });
}

function sidecar() {
  return z.strictObject({ name: containerName(), ...serverKeys() });
}

const containerName = () =>
  key(formats.shortName(), { is: "The container's name, unique in the application.", changing: restarts });

function stepKeys() {
  return {
    image: key(formats.image().optional(), {
      is: "The image, with its registry and an exact tag.",
      unset: "The application's image is used.",
      changing: restarts,
    }),
    ...taskKeys(),
    resources: key(requiredResources().optional(), {
      is: "Requests and limits of the container.",
      unset: "Those of the application are used.",
    }),
  };
}

function step() {
  return z.strictObject({ name: containerName(), ...stepKeys() });
}

function schedule() {
  return z.strictObject({
    name: key(formats.formed(/^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$/, "a name of at most 20 characters", "nightly", 20), {
      is: "The name, after that of the application.",
      changing: "Creates another CronJob.",
    }),
    schedule: key(formats.schedule("30 1 * * *"), {
      is: "When it runs. If a run is still in progress, the next one is skipped.",
      unit: "minute, hour, day of month, month, day of week; UTC",
      changing: "Changes the schedule at once.",
    }),
    timeout: key(formats.duration().default("1h"), {
      is: "Maximum time of a run, after which it fails.",
      changing: "Affects later runs only.",
    }),
    retries: key(z.number().int().min(0).max(20).default(2), {
      is: "How often a failed run is tried again.",
      changing: "Affects later runs only.",
    }),
    ...stepKeys(),
  });
}

function volume() {
  return z.strictObject({
    claim: key(formats.claimName(), {
      is: "The name of the PersistentVolumeClaim. With an entry in `storage.volumes`, it gets an existing volume.",
      changing: "Creates a new, empty claim. In prod, the old one is kept.",
    }),
    path: key(containerPath(), { is: "Where it is mounted.", changing: restarts }),
    size: key(formats.bytes(), {
      is: "The size of the claim.",
      changing: "Grows the claim if its storage class allows it. It cannot shrink.",
    }),
    role: key(z.enum(["fast", "bulk", "shared"]).default("bulk"), {
      is: "The storage role. Pods of several nodes can mount a volume of the role `shared` only.",
      changing: "Refused by the cluster: create another claim, and copy the files.",
    }),
  });
}

function generated() {
  return z.strictObject({
    name: key(
      formats.formed(/^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$/, "a name of at most 30 characters", "session-key", 30),
      {
        is: "The name: the rotation number is `rotation.APPLICATION-NAME`.",
        changing: "Generates another value.",
      },
    ),
    variable: key(variableName(), { is: "The variable with the value.", changing: restarts }),
    length: key(z.number().int().min(16).max(128).default(50), {
      is: "Number of letters and digits.",
      unit: "characters",
      changing: "Generates another value.",
    }),
  });
}

function host() {
  return z.strictObject({
    host: key(formats.plainHost(), {
      is: "`NAME` for NAME.DOMAIN, or a full host name.",
      changing: "Creates another host name and certificate.",
    }),
    purpose: key(formats.plainText(200, "the team's wiki").optional(), {
      is: "The purpose of the host, for the list of hosts.",
      unset: "The application's title is shown.",
      changing: "No effect on running pods.",
    }),
    port: key(portNameFormat().optional(), {
      is: "The name of the port.",
      unset: "The application's first port is served.",
      changing: "Changes the host's route at once.",
    }),
    ...routeKeys(),
  });
}

function applicationConnection() {
  const [, other, apiServer, outside] = connection().options;
  return z.discriminatedUnion("kind", [
    z.strictObject({
      kind: key(z.literal("application"), { is: "To another application of the stack.", changing: policiesOnly }),
      purpose: other.shape.purpose,
      application: key(formats.shortName(), { is: "The name of the other application.", changing: policiesOnly }),
      port: key(portNameFormat().optional(), {
        is: "The name of its port.",
        unset: "Its first port is used.",
        changing: policiesOnly,
      }),
      variable: key(variableName().optional(), {
        is: "A variable with the URL `http://HOST:PORT` of its Service.",
        unset: "The application gets no variable.",
        changing: restarts,
      }),
    }),
    other.omit({ labels: true }),
    apiServer.omit({ labels: true }),
    outside.omit({ labels: true }),
  ]);
}

function alert() {
  const changing = "No effect on running pods.";
  return z.strictObject({
    alert: key(formats.formed(/^[A-Za-z][A-Za-z0-9]{0,99}$/, "a name of letters and digits", "WikiQueueGrows", 100), {
      is: "The alert's name.",
      changing,
    }),
    expr: key(formats.plainText(5000, "wiki_queue_length > 100"), {
      is: "PromQL: the alert fires for every series in the result.",
      changing,
    }),
    for: key(
      formats
        .formed(/^[1-9][0-9]*[mh]$/, 'a whole number with a unit m or h, such as "10m"', "10m")
        .optional() as unknown as z.ZodOptional<z.ZodType<`${number}${"m" | "h"}`, `${number}${"m" | "h"}`>>,
      { is: "How long the expression must hold.", unset: "The alert fires at once.", changing },
    ),
    severity: key(z.enum(["critical", "warning", "info"]).default("warning"), {
      is: "How soon somebody must act: at once, on the next working day, or not at all.",
      changing,
    }),
    summary: key(formats.plainText(500, "The wiki's queue has {{ $value }} pages."), {
      is: "One sentence for the notification; `{{ $labels.NAME }}` and `{{ $value }}` are replaced.",
      changing,
    }),
    runbookUrl: key(
      formats.formed(/^https:\/\/\S+$/, "a URL with https", "https://wiki.example.org/queue").optional(),
      {
        is: "The address of a page that says what to do.",
        unset: "The notification links to docs/runbooks/application.md.",
        changing,
      },
    ),
  });
}

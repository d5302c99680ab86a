import { readdirSync } from "node:fs";
import { join } from "node:path";
import wiki from "../examples/extension/index.ts";
import { program } from "../index.ts";
import { record } from "../plan/recorder.ts";
import type { Recorded, Recording } from "../plan/recorder.ts";
import { readStackFile } from "../plan/stack-file.ts";
import type { Extension } from "../stacks/extension.ts";
import { authority } from "./settings/pem-samples.ts";

/** The project's folder. */
export const root = join(import.meta.dirname, "..");

/** A stack to test: its name, its file and settings that differ. */
export interface TestStack {
  readonly name: string;
  readonly file: string;
  readonly set?: readonly string[];
  /** A program that adds to the platform. Default: none. */
  readonly extension?: Extension;
}

/** The stacks of the project. */
export const stacks: readonly TestStack[] = ["dev", "prod"].map((name) => ({
  name,
  file: join(root, `Pulumi.${name}.yaml`),
}));

/** The examples. */
export const examples: readonly TestStack[] = readdirSync(join(root, "examples"))
  .filter((file) => file.endsWith(".yaml"))
  .sort()
  .map((file) => ({ name: file.replace(".yaml", ""), file: join(root, "examples", file) }));

/** A host of the user's own with everything that the settings offer. */
const gatewayHost =
  "gateway.hosts=[{host: wiki, namespace: rdm, service: wiki, port: 80, targetPort: 8080, paths: [/a, /b/], sticky: true, maxBodySize: 100Mi, timeout: 5m, allowFrom: [10.0.0.0/8], labels: {app: user}}]";

const httpChallenge = (ingressClass: string) =>
  `certificates.issuers=[{name: letsencrypt-prod, kind: acme, email: ops@example.org, solvers: [{kind: http01, ingressClass: ${ingressClass}}]}]`;

/** The prod stack with each of the choices that it does not make itself. */
export const variants: readonly TestStack[] = [
  ["cloudnative-pg", "postgresql.engine=cloudnative-pg", "postgresql.walStorage=5Gi"],
  [
    "point-in-time",
    "postgresql.engine=cloudnative-pg",
    "postgresql.pointInTime={enabled: true, recovery: {at: '2026-11-20T03:00:00Z'}}",
    "buckets={kind: embedded}",
  ],
  [
    "mirror",
    "images.mirror=registry.example.org/mirror",
    "charts.source=oci",
    "charts.registry=oci://registry.example.org/charts",
  ],
  ["no-monitors", "monitoring={enabled: false, serviceMonitors: false}"],
  ["tolerations", "placement.tolerations=[{key: dedicated, operator: Exists}]"],
  [
    "midpoint-shared",
    "certificates.issuers=[{name: own, kind: own-ca}]",
    "midpoint={enabled: true, replicas: 3, keystore: {source: shared}, sharedFolder: {server: nfs.example.org, path: /exports}}",
    "nfs={provisioner: nfs-subdir-external-provisioner, shares: [{name: big, server: 192.168.3.10, path: /storage}, {name: small, server: 192.168.3.11, path: /storage}]}",
    "rotation={midpoint-administrator: 1}",
    "backup.folder={server: 192.168.3.12, path: /backup}",
  ],
  [
    "midpoint-login",
    "certificates.issuers=[{name: own, kind: own-ca}]",
    "keycloak={enabled: true, https: {issuer: own}}",
    "midpoint={enabled: true, login: platform, replicas: 1, keystore: {source: import, encryptionKey: strong, keys: [{alias: default, algorithm: AES-128, keySecret: midpoint-key-default}, {alias: strong, algorithm: AES-256, keySecret: midpoint-key-strong}]}}",
    "secrets:midpoint-key-default={secure: v1}",
    "secrets:midpoint-key-strong={secure: v1}",
  ],
  ["midpoint-keys", "midpoint={enabled: true, files: {logs: none}}", "rotation={midpoint-keys: 3}"],
  [
    "other-logging",
    `postgresql={engine: external, external: {host: db.example.org, passwordSecret: db-admin, caBundle: ${JSON.stringify(authority)}}}`,
    "secrets:db-admin={secure: v1}",
    "logging.search={kind: external, external: {hostsSecret: search-hosts}}",
    "logging.collector={transport: syslog, journal: /run/log/journal}",
    "secrets:search-hosts={secure: v1}",
  ],
  [
    "workflows",
    `certificates.trust=[${JSON.stringify(authority)}]`,
    `postgresql={engine: external, external: {host: db.example.org, passwordSecret: db-admin, caBundle: ${JSON.stringify(authority)}}}`,
    "secrets:db-admin={secure: v1}",
    "images.pullSecret={registry: registry.example.org, username: u, passwordSecret: registry}",
    "secrets:registry={secure: v1}",
    "workflows={enabled: true, editorGroups: [scientists], onlyTemplates: true, objectStoreCa: trust, templates: examples/worldcereal-workflows, processing: {nodeSelector: {node-group: processing}, tolerations: [{key: node-group, value: processing, effect: NoSchedule}]}}",
    "keycloak.realm.groups=[{name: admin, roles: [admin]}, {name: scientists, roles: [workflows.workflows_role]}]",
  ],
  ["map-count", "logging.search.mapCount=init"],
  [
    "snapshots",
    "buckets={kind: embedded}",
    "logging.search.snapshots.enabled=true",
    "cluster.nodeCidrs=[10.0.0.0/16]",
    "nfs={server: {enabled: true, clusterIP: 10.96.0.49}, shares: [{name: volumes, path: /volumes, pathPattern: '${namespace}/${claim}'}]}",
    "storage.roles.shared=nfs-volumes",
    "backup.folder={path: /backup}",
    "smokeTests=true",
    `certificates.trust=[${JSON.stringify(authority)}]`,
  ],
  ["grafana-logs", "monitoring.grafana.logs.enabled=true"],
  [
    "velero",
    "backup.velero={namespaces: [rdm, vdm], secrets: true}",
    `certificates.trust=[${JSON.stringify(authority)}]`,
  ],
  [
    "velero-snapshots",
    "buckets={kind: embedded}",
    "storage.classes=[{name: fast, provisioner: ebs.csi.aws.com, snapshotClass: fast-snapshots, default: true}]",
    "backup.velero={namespaces: [rdm]}",
  ],
  ["thanos", "buckets={kind: embedded}"],
  ["own-ca", "certificates.issuers=[{name: own, kind: own-ca}]", "keycloak.existingDatabase=true"],
  [
    "traefik",
    "gateway.kind=traefik",
    "gateway.defaultHost=www",
    "gateway.dashboardHost=traefik",
    httpChallenge("traefik"),
    gatewayHost.replace("}]", ", maxInFlight: 50}]"),
    "dns.provider={kind: cloudflare, apiTokenSecret: dns-token}",
    "secrets:dns-token={secure: v1}",
  ],
  [
    "nginx",
    "gateway.kind=nginx",
    httpChallenge("nginx"),
    gatewayHost,
    "dns.provider={kind: rfc2136, nameserver: '192.0.2.53:5353', tsigKeyName: groundplan, tsigKeySecret: dns-key}",
    "secrets:dns-key={secure: v1}",
  ],
  [
    "kong-daemon-set",
    "gateway.workload=daemonSet",
    "gateway.trustedProxies=[10.0.0.0/8]",
    "gateway.login.pluginImage=registry.example.org/kong-oidc:3.9.3-1",
    gatewayHost,
  ],
  [
    "ecr",
    "images.ecr={registry: 123456789012.dkr.ecr.eu-central-1.amazonaws.com, identity: key, accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKeySecret: ecr}",
    "secrets:ecr={secure: v1}",
  ],
  [
    "confluence-nodes",
    "nfs={provisioner: nfs-subdir-external-provisioner, shares: [{name: volumes, server: 192.168.3.10, path: /storage}]}",
    "storage.roles.shared=nfs-volumes",
    "confluence={enabled: true, replicas: 3, login: platform, cluster: {setupFinished: true}}",
  ],
  [
    "kong-autoscaling",
    "gateway.maxReplicas=6",
    "gateway.service={httpsNodePort: 30443, annotations: {a: b}}",
    "dns={targets: [192.0.2.10, '2001:db8::10'], provider: {kind: route53, accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKeySecret: dns-key}}",
    "secrets:dns-key={secure: v1}",
  ],
]
  .map(([name = "", ...set]): TestStack => ({ name, file: join(root, "Pulumi.prod.yaml"), set }))
  .concat({
    name: "confluence-moved",
    file: join(root, "examples", "confluence.yaml"),
    set: ["confluence.cluster={sharedHome: {server: storage.coolcorp.priv, path: /volume1/shared}, moveHome: true}"],
  })
  .concat({
    name: "extension",
    file: join(root, "Pulumi.prod.yaml"),
    set: ["buckets={kind: embedded}", "rotation={team-wiki-database: 2, wiki-app-secret: 3}"],
    extension: wiki.extension,
  });

/** The stack, example or variant of a name. */
export function stackNamed(name: string): TestStack {
  const found = [...stacks, ...examples, ...variants].filter((stack) => stack.name === name);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} stacks named ${name}, expected one`);
  return found[0];
}

/** What running the program for a stack gave. */
export type StackRecording = Recording<ReturnType<typeof program>>;

const recordings = new Map<string, Promise<StackRecording>>();
let turn: Promise<unknown> = Promise.resolve();

/** What the program registers for a stack: recorded once for all tests of this process, and frozen. */
export function recordStack(stack: TestStack): Promise<StackRecording> {
  return once(recordings, stackKey(stack), async () => {
    const recording = await recordAnew(stack);
    deepFreeze(recording.resources);
    for (const facts of Object.values(recording.result.ledger)) Object.freeze(facts);
    return recording;
  });
}

/** What the program registers for a stack, recorded again. Recordings share Pulumi's state: one ends before the next begins. */
export function recordAnew(stack: TestStack): Promise<StackRecording> {
  const next = turn.then(() =>
    record(() => program(stack.extension), stack.name, readStackFile(stack.file, stack.set)),
  );
  turn = next.catch(() => undefined);
  return next;
}

/** One text for each stack with its settings. */
export function stackKey({ name, file, set = [] }: TestStack): string {
  return JSON.stringify([name, file, set]);
}

/** What was made for a key before, or else is made now. */
export function once<Key, T>(made: Map<Key, T>, key: Key, make: () => T): T {
  const found = made.get(key) ?? make();
  made.set(key, found);
  return found;
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}

/** A resource of a recording by its logical name. */
export function named(resources: readonly Recorded[], name: string, type = ""): Recorded {
  const found = resources.filter((resource) => resource.name === name && resource.type.endsWith(type));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} resources named ${name}, expected one`);
  return found[0];
}

import type { Environment } from "../../kit/environment.ts";
import { chartImage, pulledImage } from "../../kit/images.ts";
import type { ChartPods } from "../../kit/ledger.ts";
import { Pods } from "../../kit/pods.ts";
import { formatCpu, parseBytes, parseCpu } from "../../kit/quantities.ts";
import type { Bytes } from "../../kit/quantities.ts";
import { resources } from "../../kit/resources.ts";
import type { Size } from "../../kit/resources.ts";
import { combinedChecksum, secretKeyRef } from "../../kit/secret.ts";
import type { Keyed, SecretKey } from "../../kit/secret.ts";
import { apart } from "../../kit/spread.ts";
import { stableJson } from "../../kit/stable.ts";
import { javaTrust, trustedMount, trustedVolume } from "../../kit/trust.ts";
import type { Trusted } from "../../kit/trust.ts";
import type { Values } from "../../kit/merge.ts";
import { nodeImage } from "../../kit/program.ts";
import type { InputChoice } from "./configuration.ts";
import { accounts, inputPortName, inputProtocol, userHeader } from "./configuration.ts";
import { programCommand } from "./program.ts";
import type { GroupRole, LoginShape } from "./login-shape.ts";

/** The shape of Graylog itself. */
export interface GraylogShape {
  readonly namespace: string;
  readonly replicas: number;
  readonly heap: Bytes;
  readonly resources: Size;
  /** Size of the claim that holds the journal, and the part of it that the journal may fill. */
  readonly storage: Bytes;
  readonly storageClass?: string;
  readonly journal: Bytes;
  readonly processors: { readonly input: number; readonly process: number; readonly output: number };
  /** The URL for browsers, `https://HOST`. Default: none. */
  readonly url?: string;
  readonly inputs: readonly InputChoice[];
  /** Roles by group, for users who log in at the gateway. Default: no login there. */
  readonly login?: { readonly roles: readonly GroupRole[]; readonly otherwise: string | null };
  readonly serviceMonitor: boolean;
}

/** What the pods read: by name, and by checksum to restart them. */
export interface GraylogSources {
  readonly root: Keyed;
  readonly mongodb: SecretKey;
  readonly search: SecretKey;
  /** The CA of the search cluster; undefined: one that everybody knows. */
  readonly searchAuthority?: Keyed;
  /** Further CA certificates. Default: public CAs only. */
  readonly trusted?: Trusted;
  readonly login?: { readonly program: Keyed; readonly own: SecretKey };
}

/** The release, its pods' first name, and the first part of its Services'. */
export const graylogName = "graylog";

/** Ports of its pods. */
export const graylogPorts = { web: 9000, metrics: 9833, login: 8080 } as const;

/** The Services of the inputs. */
export const inputServices = { tcp: "graylog-gelf", udp: "graylog-syslog" } as const;

/** The labels of its pods. */
export const graylogLabels = { "app.kubernetes.io/instance": graylogName, "app.kubernetes.io/name": "graylog" };

/** Its pods. */
export function graylogServers(namespace: string): Pods<keyof typeof graylogPorts> {
  return new Pods(namespace, graylogLabels, graylogPorts);
}

const image = "docker.io/graylog/graylog:7.1.8";
const account = 1100;
const setup = { cpu: "10m", memory: "64Mi", memoryLimit: "256Mi" } as const;
const proxy = { cpu: "20m", memory: "64Mi", memoryLimit: "192Mi" } as const;

/** Where the proxy's program and the trusted CAs stand. */
const paths = { program: "/program", trust: "/trust", authority: "/authority" } as const;

/** The chart's own options of Java. */
const javaOptions = [
  "-Dlog4j2.formatMsgNoLookups=true",
  "-Djdk.tls.acknowledgeCloseNotify=true",
  "-XX:+UnlockExperimentalVMOptions",
  "-XX:-OmitStackTraceInFastThrow",
  "-XX:+UseG1GC",
  "-server",
];

/** Values of the chart `graylog`: Graylog alone, without the stores that the chart would bring along. */
export function graylogValues(
  shape: GraylogShape,
  environment: Pick<Environment, "images">,
  sources: GraylogSources,
): Values {
  const { images } = environment;
  const several = shape.replicas > 1;
  const used = [
    sources.root,
    sources.mongodb.secret,
    sources.search.secret,
    ...(sources.searchAuthority === undefined ? [] : [sources.searchAuthority]),
    ...(sources.trusted === undefined ? [] : [sources.trusted]),
    ...(sources.login === undefined ? [] : [sources.login.program, sources.login.own.secret]),
  ];
  const ownTrust = sources.searchAuthority !== undefined || sources.trusted !== undefined;
  const trust = ownTrust ? trustStore(sources, environment) : undefined;
  const login = shape.login === undefined ? undefined : loginContainer(shape.login, environment, sources);
  return {
    fullnameOverride: graylogName,
    tags: { "install-mongodb": false, "install-opensearch": false },
    // The tag alone would leave a replica set behind that no operator looks after.
    mongodb: { community: { install: false } },
    rbac: { create: false },
    serviceAccount: { create: false, name: graylogName },
    graylog: {
      // The chart compares the tag as a version, and fails if it contains a digest.
      image: chartImage(image, { ...images, digests: undefined }),
      // The chart has no key for the tag, and takes it along here.
      init: {
        image: { repository: pulledImage("docker.io/library/alpine:3.22.2", images) },
        resources: resources(setup),
      },
      replicas: shape.replicas,
      podAnnotations: { "groundplan/checksum": combinedChecksum(used) },
      affinity: several ? apart(graylogLabels) : {},
      podSecurityContext: { fsGroup: account, fsGroupChangePolicy: "OnRootMismatch" },
      securityContext: {
        allowPrivilegeEscalation: false,
        // It unpacks its plugins beside its program.
        readOnlyRootFilesystem: false,
        runAsNonRoot: true,
        runAsUser: account,
        runAsGroup: account,
        seccompProfile: { type: "RuntimeDefault" },
        capabilities: { drop: ["ALL"] },
      },
      resources: withCpuLimit(shape),
      heapSize: `${Math.floor(parseBytes(shape.heap) / 2 ** 20)}m`,
      javaOpts: [...javaOptions, ...(trust?.options ?? [])].join(" "),
      persistence: {
        enabled: true,
        size: shape.storage,
        storageClass: shape.storageClass,
      },
      journal: { maxSize: `${Math.floor(parseBytes(shape.journal) / 2 ** 20)}mb` },
      options: {
        inputbufferProcessors: shape.processors.input,
        processbufferProcessors: shape.processors.process,
        outputbufferProcessors: shape.processors.output,
      },
      // The chart would name the same port twice: see `input`.
      service: { ports: [], master: { enabled: false } },
      input: inputPorts(shape.inputs),
      podDisruptionBudget: { create: several, minAvailable: Math.max(1, shape.replicas - 1) },
      // Its first start fills the database.
      startupProbe: { periodSeconds: 10, failureThreshold: 60 },
      metrics: { enabled: true, serviceMonitor: { enabled: shape.serviceMonitor } },
      rootUsername: accounts.root,
      existingRootSecret: sources.root.name,
      externalUri: shape.url,
      // The proxy in its own pods, and no other address, may say who a user is.
      trustedProxies: shape.login && "127.0.0.1/32",
      // By the chart's own keys, its start script would run every line of the configuration through a shell.
      envRaw: [
        { name: "GRAYLOG_MONGODB_URI", valueFrom: secretKeyRef(sources.mongodb) },
        { name: "GRAYLOG_ELASTICSEARCH_HOSTS", valueFrom: secretKeyRef(sources.search) },
      ],
      extraInitContainers: trust === undefined ? [] : [trust.container],
      extraVolumes: [...(trust?.volumes ?? []), ...(login?.volumes ?? [])],
      extraVolumeMounts: trust === undefined ? [] : [trust.mount],
      sidecarContainers: login === undefined ? [] : [login.container],
    },
  };
}

/** The Services' ports by protocol; the chart wants them in order. */
function inputPorts(inputs: readonly InputChoice[]): Record<string, unknown> {
  const of = (protocol: "TCP" | "UDP") =>
    inputs
      .filter(({ kind }) => inputProtocol(kind) === protocol)
      .map((input) => ({ name: inputPortName(input, inputs), port: input.port }))
      .sort((a, b) => a.port - b.port);
  const found = { tcp: of("TCP"), udp: of("UDP") };
  return Object.fromEntries(
    (["tcp", "udp"] as const)
      .filter((protocol) => found[protocol].length > 0)
      .map((protocol) => [
        protocol,
        { service: { name: inputServices[protocol], type: "ClusterIP" }, ports: found[protocol] },
      ]),
  );
}

/** A trust store for Java: the image's, with the search cluster's CA and the company's CAs. */
function trustStore(
  { searchAuthority, trusted }: Pick<GraylogSources, "searchAuthority" | "trusted">,
  { images }: Pick<Environment, "images">,
) {
  const { options, script } = javaTrust("$JAVA_HOME", `${paths.trust}/cacerts`, {
    named: searchAuthority && { search: `${paths.authority}/ca.crt` },
    trusted: trusted !== undefined,
  });
  return {
    options,
    mount: { name: "trust", mountPath: paths.trust, readOnly: true },
    volumes: [
      { name: "trust", emptyDir: {} },
      ...(searchAuthority === undefined ? [] : [{ name: "authority", configMap: { name: searchAuthority.name } }]),
      ...(trusted === undefined ? [] : [trustedVolume(trusted)]),
    ],
    container: {
      name: "trust",
      image: pulledImage(image, images),
      command: ["sh", "-c", script],
      resources: resources(setup),
      securityContext: hardened(account),
      volumeMounts: [
        { name: "trust", mountPath: paths.trust },
        ...(searchAuthority === undefined ? [] : [{ name: "authority", mountPath: paths.authority, readOnly: true }]),
        ...(trusted === undefined ? [] : [trustedMount]),
      ],
    },
  };
}

function loginContainer(
  login: NonNullable<GraylogShape["login"]>,
  { images }: Pick<Environment, "images">,
  { login: source }: GraylogSources,
) {
  if (source === undefined) throw new TypeError("the proxy needs its program");
  const told: Omit<LoginShape, "administrator"> = {
    ...login,
    graylog: `http://127.0.0.1:${graylogPorts.web}`,
    userHeader,
    reserved: Object.values(accounts),
    remembersMs: 300_000,
  };
  const check = { httpGet: { path: "/_status", port: graylogPorts.login } };
  return {
    volumes: [{ name: "login", configMap: { name: source.program.name } }],
    container: {
      name: "login",
      image: pulledImage(nodeImage, images),
      command: programCommand("login", paths.program),
      env: [
        { name: "LOGIN", value: stableJson(told) },
        { name: "PORT", value: String(graylogPorts.login) },
        { name: "OWN_USERNAME", value: accounts.own },
        { name: "OWN_PASSWORD", valueFrom: secretKeyRef(source.own) },
      ],
      ports: [{ name: "login", containerPort: graylogPorts.login }],
      readinessProbe: { ...check, periodSeconds: 10 },
      livenessProbe: { ...check, periodSeconds: 20, failureThreshold: 6 },
      resources: resources(proxy),
      securityContext: hardened(account),
      volumeMounts: [{ name: "login", mountPath: paths.program, readOnly: true }],
    },
  };
}

function hardened(user: number) {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    runAsUser: user,
    runAsGroup: user,
    seccompProfile: { type: "RuntimeDefault" },
  };
}

/** What its pods ask for. */
export function graylogPods(shape: GraylogShape): ChartPods[] {
  const { storageClass } = shape;
  return [
    {
      name: graylogName,
      kind: "StatefulSet",
      replicas: shape.replicas,
      containers: [shape.resources, ...(shape.login === undefined ? [] : [proxy])],
      claims: [{ name: "journal", size: shape.storage, storageClass }],
    },
  ];
}

/**
 * The chart limits the CPU to one core, which a release cannot take back: a request may not be above it. Twice the request leaves room,
 * and a core for each thread of the buffers lets them all work at once.
 */
function withCpuLimit({ processors, resources: own }: Pick<GraylogShape, "processors" | "resources">) {
  const { requests, limits } = resources(own);
  const threads = processors.input + processors.process + processors.output;
  return { requests, limits: { ...limits, cpu: formatCpu(Math.max(1000 * threads, 2 * parseCpu(requests.cpu))) } };
}

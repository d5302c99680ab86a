import type { Input } from "@pulumi/pulumi";
import type { DatabaseBinding } from "../kit/bindings.ts";
import type { Mount, Pod, Server, Task, Volume } from "../kit/pod.ts";
import type { Resources } from "../kit/resources.ts";
import type { Keyed, SecretKey } from "../kit/secret.ts";
import { clusterVariables, confluenceVariables } from "./environment.ts";
import type { EnvironmentArgs } from "./environment.ts";
import { paths } from "./scripts.ts";

/** Confluence 10.2, a long-term support release until 2027-12-02. */
export const image = "docker.io/atlassian/confluence:10.2.7";

/** The user of the image, which owns the files of its homes. */
export const account = 2002;

export const port = 8090;

/** What the pod of one Confluence mounts besides its home, and the nodes of a cluster as well. */
export interface PodParts {
  readonly scripts: Keyed;
  readonly license?: SecretKey;
  readonly authorities?: Keyed;
}

/** The home of the only pod. */
export interface OwnHome {
  readonly kind: "own";
  readonly claim: string;
  /** The claim of a folder for backups apart from the home. */
  readonly backups?: string;
}

/** The homes of a node of a cluster. */
export interface NodeHome {
  readonly kind: "node";
  /** The template of the claims of the nodes' own homes. */
  readonly template: string;
  /** The claim of the home that they share. */
  readonly shared: string;
  /** The service account with which they find each other. */
  readonly serviceAccount: string;
  /** The name of the cluster, and of the headless Service that lists its nodes. */
  readonly cluster: string;
  readonly service: string;
}

/** Inputs of Confluence's pod. */
export interface PodArgs extends PodParts, Omit<EnvironmentArgs, "trusts" | "options"> {
  readonly database: DatabaseBinding;
  readonly username: Input<string> | SecretKey;
  readonly resources: Resources;
  readonly home: OwnHome | NodeHome;
}

/** The volume of the home, by the kind of home. */
const homeVolume = ({ home }: PodArgs): string => (home.kind === "own" ? "apps-confluence" : home.template);

/** One Confluence: an init container that prepares its folders, and the server. */
export function confluencePod(args: PodArgs): Pod<Server> {
  const { authorities, home, scripts } = args;
  return {
    priority: "applications",
    runAs: { user: account, group: account },
    init: [preparation(args)],
    containers: [server(args)],
    volumes: {
      ...homeVolumes(home),
      scripts: { from: scripts },
      conf: { empty: true },
      classes: { empty: true },
      ...(authorities && { authorities: { from: authorities }, trust: { empty: true } }),
    },
    ...(home.kind === "node" && { serviceAccount: home.serviceAccount }),
    terminationGracePeriodSeconds: 60,
  };
}

function homeVolumes(home: PodArgs["home"]): Record<string, Volume> {
  if (home.kind === "node") return { "shared-home": { claim: home.shared } };
  const { backups, claim } = home;
  return {
    "apps-confluence": { claim },
    ...(backups !== undefined && { "backup-confluence": { claim: backups } }),
  };
}

function preparation(args: PodArgs): Task {
  const { authorities, database, home } = args;
  return {
    name: "prepare",
    image,
    command: ["/bin/sh", `${paths.scripts}/prepare.sh`],
    env: { ATL_JDBC_PASSWORD: database.password, ...(home.kind === "node" && { NODE: { field: "metadata.name" } }) },
    mounts: {
      [paths.home]: { volume: homeVolume(args) },
      ...(home.kind === "node" && { [paths.sharedHome]: { volume: "shared-home", readOnly: true } }),
      [paths.scripts]: { volume: "scripts", readOnly: true },
      [`${paths.prepared}/conf`]: { volume: "conf" },
      [`${paths.prepared}/classes`]: { volume: "classes" },
      ...(authorities && {
        [paths.authorities]: { volume: "authorities", readOnly: true },
        [paths.trust]: { volume: "trust" },
      }),
    },
    writable: ["/tmp"],
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
  };
}

function server(args: PodArgs): Server {
  const { authorities, connections, database, heap, home, host, license, resources, url, username } = args;
  const status = { http: "/status", port: "http" };
  const trusts = authorities !== undefined;
  const cluster = home.kind === "node" ? clusterVariables(home) : undefined;
  return {
    name: "confluence",
    image,
    env: {
      ...confluenceVariables({ host, url, heap, connections, trusts, options: cluster?.options }),
      ...cluster?.variables,
      ...(license && { ATL_LICENSE_KEY: license }),
      ATL_JDBC_PASSWORD: database.password,
      ATL_JDBC_USER: username,
    },
    mounts: {
      [paths.home]: { volume: homeVolume(args) },
      ...homeMounts(home),
      [paths.conf]: { volume: "conf" },
      [paths.classes]: { volume: "classes" },
      ...(trusts && { [paths.trust]: { volume: "trust", readOnly: true } }),
    },
    writable: ["/tmp", ...["logs", "temp", "work"].map((folder) => `${paths.install}/${folder}`)],
    ports: { http: port, ...cluster?.ports },
    probes: {
      // The first start creates the schema, and one after an upgrade migrates it.
      startup: { check: { tcp: "http" }, periodSeconds: 10, failureThreshold: 180 },
      readiness: { check: status, timeoutSeconds: 5, failureThreshold: 6 },
      liveness: { check: { tcp: "http" }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 9 },
    },
    preStop: ["sh", "-c", "/shutdown-wait.sh"],
    resources,
  };
}

function homeMounts(home: PodArgs["home"]): Record<string, Mount> {
  if (home.kind === "node") return { [paths.sharedHome]: { volume: "shared-home" } };
  return home.backups === undefined ? {} : { [paths.backups]: { volume: "backup-confluence" } };
}

import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import * as pulumi from "@pulumi/pulumi";
import type { SharedFolder } from "../kit/bindings.ts";
import { Component, outlives } from "../kit/component.ts";
import type { Environment } from "../kit/environment.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Resources } from "../kit/resources.ts";
import { configMap } from "../kit/secret.ts";
import { statefulSet } from "../kit/workload.ts";
import {
  folderCapabilities,
  folderScript,
  nfsPort,
  serverCapabilities,
  serverCommand,
  serverConfiguration,
  serverPaths,
} from "./exports.ts";
import type { FolderSpec } from "./exports.ts";

/** Arguments of the component. */
export interface NfsServerArgs {
  readonly namespace: string;
  /** Name of the StatefulSet and of its Service. */
  readonly name: string;
  /** The cluster IP of its Service, an unused address of the cluster's Service range. */
  readonly address: string;
  /** Size of its claim. */
  readonly storage: Bytes;
  readonly resources: Resources;
  /** The folders that consumers mount; others are added until the server is sealed. */
  readonly folders: readonly FolderSpec[];
  /** Address ranges (CIDR) from which nodes connect. */
  readonly nodeCidrs: readonly string[];
}

/**
 * NFS-Ganesha as Longhorn builds it for its shared volumes: version 4 only, with the file system of a claim. See
 * docs/decisions/nfs.md.
 */
const image = "docker.io/longhornio/longhorn-share-manager:v1.12.1";

/** An NFS server in user space. Nodes mount its folders by the cluster IP, because they do not resolve names of Services. */
export class NfsServer extends Component {
  private readonly address: string;
  private readonly folders: Map<string, FolderSpec>;
  /** Every folder, from {@link seal}: the server's configuration is created before the last one is added. */
  private readonly all = Promise.withResolvers<readonly FolderSpec[]>();

  constructor(environment: Environment, args: NfsServerArgs, options: pulumi.ComponentResourceOptions) {
    super("nfs:NfsServer", "nfs-server", "nfs-ganesha", environment, options);
    const { address, folders, name, namespace } = args;
    this.address = address;
    this.folders = new Map(folders.map((folder) => [folder.path, folder]));
    const pods = this.server(args);
    this.object(
      Service,
      "service",
      { name, namespace },
      {
        spec: {
          clusterIP: address,
          selector: pods.labels,
          ports: [{ name: "nfs", port: nfsPort, targetPort: "nfs" }],
        },
      },
      outlives(environment),
    );
    this.facts(args, pods);
  }

  /**
   * A folder as consumers mount it.
   * @param path as in the arguments
   * @throws RangeError where the server has no such folder
   */
  folder(path: string): SharedFolder {
    if (!this.folders.has(path)) throw new RangeError(`the NFS server has no folder ${path}`);
    return { server: this.address, path, mountOptions: ["nfsvers=4.2"] };
  }

  /** Adds a folder to those of the arguments. */
  add(folder: FolderSpec): void {
    this.folders.set(folder.path, folder);
  }

  /** Completes the server's configuration, when all folders are known. */
  seal(): void {
    this.all.resolve([...this.folders.values()]);
  }

  private server({ name, namespace, resources, storage }: NfsServerArgs) {
    const all = pulumi.output(this.all.promise);
    const files = {
      "folders.sh": all.apply((folders) => folderScript(folders)),
      "ganesha.conf": all.apply((folders) => serverConfiguration(folders)),
    };
    const configuration = configMap(
      this,
      "configuration",
      { name: `${name}-configuration`, namespace },
      files,
      outlives(this.environment),
    );
    const mounts = {
      [serverPaths.data]: { volume: "data" },
      [serverPaths.configuration]: { volume: "configuration", readOnly: true },
    };
    return statefulSet(this, "server", {
      name,
      namespace,
      // A second server would serve other files: a claim belongs to one pod.
      replicas: 1,
      serviceName: name,
      claims: { data: { size: storage, role: "bulk" } },
      pod: {
        runAs: { user: 0, group: 0 },
        terminationGracePeriodSeconds: 10,
        volumes: { configuration: { from: configuration } },
        init: [
          {
            name: "folders",
            image,
            command: ["sh", `${serverPaths.configuration}/folders.sh`],
            capabilities: folderCapabilities,
            mounts,
            resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { memory: "64Mi" } },
          },
        ],
        containers: [
          {
            name: "ganesha",
            image,
            command: serverCommand,
            capabilities: serverCapabilities,
            mounts,
            writable: [serverPaths.run, "/tmp"],
            ports: { nfs: nfsPort },
            probes: {
              readiness: { check: { tcp: "nfs" } },
              liveness: { check: { tcp: "nfs" }, periodSeconds: 20, failureThreshold: 6 },
            },
            resources,
          },
        ],
      },
    });
  }

  private facts({ name, namespace, nodeCidrs }: NfsServerArgs, pods: ReturnType<NfsServer["server"]>): void {
    const reason = "the pods that mount its folders name them as data";
    this.environment.ledger.spareClaims.push({ namespace, claim: `data-${name}-0`, reason });
    const { accepted, edges, exemptions, services } = this.environment.ledger;
    edges.push({
      from: { kind: "outside", cidrs: nodeCidrs, nodes: true },
      to: pods.peer,
      ports: [pods.port("nfs")],
      purpose: "nodes mount shared folders",
    });
    exemptions.push({
      namespace,
      level: "privileged",
      reason:
        "the NFS server opens files by their handles, which needs DAC_READ_SEARCH, and acts as the users of its clients; it is not privileged and mounts nothing of the node",
    });
    accepted.push({
      check: "GP050",
      object: `StatefulSet ${namespace}/${name}`,
      reason: "one server for one volume: clients wait while it restarts, and continue",
    });
    services.push({
      name: "nfs",
      address: `${this.address}:${nfsPort}`,
      purpose: "shared folders, by NFS 4, for the nodes",
    });
  }
}

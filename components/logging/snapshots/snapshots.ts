import type * as pulumi from "@pulumi/pulumi";
import type { Bucket } from "../../kit/bindings.ts";
import type { Component } from "../../kit/component.ts";
import type { Pods } from "../../kit/pods.ts";
import { nodeAccount, nodeImage } from "../../kit/program.ts";
import { configMap } from "../../kit/secret.ts";
import type { Keyed, SecretKey } from "../../kit/secret.ts";
import { stableJson } from "../../kit/stable.ts";
import { job } from "../../kit/workload.ts";
import { programCommand, programTexts } from "../graylog/program.ts";
import { desiredSnapshots, pluginPort } from "./policy.ts";
import type { SnapshotShape } from "./policy.ts";

/** Where the search cluster is, and as whom to come. */
export interface SnapshotPlace {
  readonly namespace: string;
  /** The cluster's address with user and password. */
  readonly access: SecretKey;
  readonly authority: Keyed;
  readonly nodes: Pods<"http">;
  /** Patterns of the indices that are kept. */
  readonly indices: readonly string[];
  readonly ready: readonly pulumi.Resource[];
}

const role = "snapshots-job";

/** Makes the repository and the policy known: the Job runs again whenever they change, and changes what differs alone. */
export function snapshotJob(
  owner: Component,
  { shape, bucket }: { readonly shape: SnapshotShape; readonly bucket: Bucket },
  place: SnapshotPlace,
): void {
  const { access, authority, indices, namespace, nodes, ready } = place;
  const program = programTexts("snapshots");
  const content = { "snapshots.json": `${stableJson(desiredSnapshots(shape, bucket, indices), 2)}\n` };
  const carried = configMap(owner, "snapshots-program", { name: "opensearch-snapshots-program", namespace }, program);
  const wanted = configMap(owner, "snapshots", { name: "opensearch-snapshots", namespace }, content);
  const { edges } = owner.environment.ledger;
  edges.push(
    {
      from: owner.pods(role, namespace).peer,
      to: nodes.peer,
      ports: [nodes.port("http")],
      purpose: "snapshots of OpenSearch",
    },
    {
      from: nodes.peer,
      to: { kind: "outside", cidrs: shape.cidrs },
      ports: [pluginPort(shape)],
      purpose: "OpenSearch's plugin for buckets",
    },
  );
  job(
    owner,
    role,
    {
      name: "opensearch-snapshots",
      namespace,
      pod: {
        runAs: nodeAccount,
        volumes: { program: { from: carried }, wanted: { from: wanted }, authority: { from: authority } },
        containers: [
          {
            name: "snapshots",
            image: nodeImage,
            command: programCommand("snapshots", "/program"),
            env: {
              NODE_EXTRA_CA_CERTS: "/authority/ca.crt",
              SEARCH_URI: access,
              SNAPSHOTS: "/wanted/snapshots.json",
            },
            mounts: {
              "/program": { volume: "program", readOnly: true },
              "/wanted": { volume: "wanted", readOnly: true },
              "/authority": { volume: "authority", readOnly: true },
            },
            resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          },
        ],
      },
    },
    role,
    [program, content],
    {
      dependsOn: [
        ...ready,
        bucket.ready,
        ...[access.secret, authority, carried, wanted].map(({ resource }) => resource),
      ],
    },
  );
}

// Volumes that outlive a cluster, and the NFS server and provisioner, on a real API server with its controllers. No container runs and
// nothing is mounted: tests/nfs/server.nfs.ts runs the server.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parse } from "yaml";
import { cachedChart } from "../charts/charts.ts";
import { root, stackNamed } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { Deployment } from "./deployment.ts";

interface Claim extends KubernetesObject {
  readonly spec: { readonly volumeName?: string };
  readonly status: { readonly phase: string };
}

interface Volume extends KubernetesObject {
  readonly spec: { readonly claimRef?: { readonly namespace: string; readonly name: string } };
  readonly status: { readonly phase: string };
}

interface Pod extends KubernetesObject {
  readonly status: { readonly phase: string };
}

const namespace = "mp-demo";
/** Claims of a StatefulSet of our own, of a chart, and of a Deployment that others make. */
const old = {
  statefulSet: "mp-home-mp-pg-demo-0",
  chart: "data-mp-demo-db-postgresql-0",
  deployment: "wiki-files",
} as const;
const entries = Object.values(old).map((claim, index) => ({
  name: `old-${index}`,
  size: "20Gi",
  storageClass: "csi-rbd-hdd",
  claim: { namespace, name: claim },
  source: { kind: "csi", driver: "rbd.csi.ceph.com", handle: `image-${index}` },
}));

const stack = {
  ...stackNamed("midpoint"),
  set: [
    `storage.volumes=${JSON.stringify(entries)}`,
    "nfs.provisioner=nfs-subdir-external-provisioner",
    "nfs.shares=[{name: big, server: 192.168.3.10, path: /storage}]",
  ],
};

/** A Deployment with a claim, as an application that the stack does not know. */
const wiki = [
  {
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: old.deployment, namespace } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "csi-rbd-hdd",
      resources: { requests: { storage: "20Gi" } },
    },
  },
  {
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "wiki", namespace } },
    spec: {
      selector: { matchLabels: { app: "wiki" } },
      template: { metadata: { labels: { app: "wiki" } }, spec: podSpec("restricted", old.deployment) },
    },
  },
];

function podSpec(level: "restricted" | "privileged", claim?: string) {
  const restricted = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    runAsUser: 1000,
    seccompProfile: { type: "RuntimeDefault" },
  };
  return {
    containers: [
      {
        ...{ name: "wiki", image: "registry.example.org/wiki:1" },
        securityContext: level === "restricted" ? restricted : { privileged: true },
      },
    ],
    volumes: claim === undefined ? [] : [{ name: "files", persistentVolumeClaim: { claimName: claim } }],
  };
}

describe("volumes and NFS on a cluster", function () {
  this.timeout(300_000);
  let cluster: Cluster;
  let deployment: Deployment;
  let mayWipe = false;

  before(async function () {
    cluster = await useCluster(this);
    deployment = await Deployment.of(cluster, stack);
    mayWipe = true;
  });
  after(() => {
    if (!mayWipe) return;
    cluster.kubectl(["delete", "--ignore-not-found", "--timeout=60s", "-f", "-"], wiki);
    deployment.wipe();
  });

  const claimsByName = () => {
    const claims = cluster.get<Claim>(["persistentvolumeclaims", "--namespace", namespace]);
    return new Map(claims.map((claim) => [claim.metadata.name, claim]));
  };
  /** The volumes whose claims are made: a chart's only if the chart is at hand. */
  const used = entries.filter(({ claim }) => claim.name !== old.chart || cachedChart("postgresql-ha") !== undefined);
  /** Waits until every old volume is bound to its claim. */
  const bound = () =>
    eventually(120, () => {
      const claims = claimsByName();
      for (const { claim, name } of used) {
        const found = claims.get(claim.name);
        assert.deepEqual([claim.name, found?.status.phase, found?.spec.volumeName], [claim.name, "Bound", name]);
      }
    });

  it("is accepted as a whole, without a warning", () => {
    assert.deepEqual(deployment.apply(), []);
    cluster.kubectl(["apply", "-f", "-"], wiki);
  });

  it("M18, N02: the server and the provisioner pass the Pod Security of their namespaces", async () => {
    await eventually(90, () => {
      for (const [where, name] of [
        ["nfs-server", "mp-demo-nfs-0"],
        ["nfs-storage", "nfs-client-provisioner-"],
      ] as const) {
        const pods = cluster.get<Pod>(["pods", "--namespace", where]);
        assert.ok(
          pods.some(({ metadata, status }) => metadata.name.startsWith(name) && status.phase === "Running"),
          `${where}: ${pods.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).join(", ")}`,
        );
      }
    });
    const level = (name: string) =>
      cluster.get(["namespace", name])[0]?.metadata.labels?.["pod-security.kubernetes.io/enforce"];
    assert.deepEqual([level("nfs-server"), level("nfs-storage")], ["privileged", "baseline"]);
  });

  it("M18: a privileged pod anywhere else is refused", () => {
    const others = deployment.namespaces.filter((name) => name !== "nfs-server");
    assert.ok(others.length >= 3);
    for (const other of others) {
      const pod = {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "privileged", namespace: other } },
        spec: podSpec("privileged"),
      };
      assert.throws(
        () => cluster.kubectl(["apply", "--dry-run=server", "-f", "-"], [pod]),
        /violates PodSecurity/,
        other,
      );
    }
  });

  it("M19: the Service has the address of the settings, by which midPoint's volume is mounted", () => {
    const [service] = cluster.get<KubernetesObject & { readonly spec: { readonly clusterIP: string } }>([
      ...["service", "mp-demo-nfs", "--namespace", "nfs-server"],
    ]);
    const [volume] = cluster.get<KubernetesObject & { readonly spec: { readonly nfs: { readonly server: string } } }>([
      ...["persistentvolume", "mp-demo-shared"],
    ]);
    assert.equal(service?.spec.clusterIP, deployment.result.settings.nfs.server.clusterIP);
    assert.equal(volume?.spec.nfs.server, service?.spec.clusterIP);
  });

  it("W28, X10: an old volume is bound to the claim of a StatefulSet, of a chart, and of a Deployment", bound);

  it("X10: the command reads the same volumes from the cluster", async () => {
    await bound();
    const context = cluster.kubectl(["config", "current-context"]).out.trim();
    const command = [join(root, "plan/volumes/volumes.ts"), "--settings", stack.file, "--context", context];
    const { stderr, stdout } = spawnSync(process.execPath, command, {
      encoding: "utf8",
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
    });
    const { "groundplan:storage": storage } = parse(stdout) as Record<string, { volumes: typeof entries }>;
    const read = new Map((storage?.volumes ?? []).map((entry) => [entry.name, entry]));
    for (const entry of used) assert.deepEqual(read.get(entry.name), entry, stderr);
  });

  it("no volume is bound to two claims: a second claim of the same volume waits", async () => {
    const [first] = entries;
    const second = {
      ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "thief", namespace } },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: "csi-rbd-hdd",
        volumeName: first?.name,
        resources: { requests: { storage: "1Gi" } },
      },
    };
    cluster.kubectl(["apply", "-f", "-"], [second]);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    assert.equal(claimsByName().get("thief")?.status.phase, "Pending");
    cluster.kubectl(["delete", "--wait=false", "-f", "-"], [second]);
    const volumes = cluster.get<Volume>(["persistentvolumes"]).filter(({ status }) => status.phase === "Bound");
    const places = volumes.map(({ spec }) => `${spec.claimRef?.namespace}/${spec.claimRef?.name}`);
    assert.ok(places.length >= used.length);
    assert.equal(new Set(places).size, places.length);
  });

  it("W29: after destroy and a second up, every claim has the same volume", async () => {
    const of = () => new Map([...claimsByName()].map(([name, { spec }]) => [name, spec.volumeName]));
    const before = of();
    deployment.destroy();
    deployment.apply();
    await bound();
    for (const [name, volume] of before) assert.equal(of().get(name), volume, name);
  });
});

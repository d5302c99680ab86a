import { inChart, object, plan, release, resource } from "./fixtures.ts";
import {
  bytes,
  charted,
  chartless,
  cluster,
  crd,
  job,
  kept,
  key,
  namespace,
  none,
  provider,
  pv,
  pvc,
  storageClass,
  sts,
  tellsOf,
} from "./loss-cases.ts";
import type { Case } from "./loss-cases.ts";

const managed = { labels: { "app.kubernetes.io/managed-by": "Helm" } };
const operator = (metadata: Record<string, unknown>) => {
  const definition = {
    ...crd,
    inputs: { ...crd.inputs, metadata: { ...(crd.inputs["metadata"] as object), ...metadata } },
  };
  return plan([cluster(), release("operator")], { rendered: [inChart("operator", definition)] });
};

const store = (destinationPath: string, retentionPolicy = "30d") =>
  object("barmancloud.cnpg.io/v1", "ObjectStore", "data/archive", {
    spec: { configuration: { destinationPath }, retentionPolicy },
  });
const archiving = (serverName: string) =>
  cluster({ plugins: [{ name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true, parameters: { serverName } }] });
const copyOf = (name: string) => ({ name, namespace: "data", annotations: { "groundplan/recovered-from": "pg" } });

const storesOfAws = (
  [
    ["aws:eks/cluster:Cluster", "Cluster own", { name: "a" }, { name: "b" }, "destroyed"],
    ["aws:ec2/vpc:Vpc", "Vpc own", { cidrBlock: "10.0.0.0/16" }, { cidrBlock: "10.1.0.0/16" }, "destroyed"],
    ["aws:efs/fileSystem:FileSystem", "FileSystem own", { encrypted: false }, { encrypted: true }, "destroyed"],
    ["aws:kms/key:Key", "Key own", { keyUsage: "a" }, { keyUsage: "b" }, "unreadable"],
    ["aws:ecr/repository:Repository", "Repository own", { name: "a" }, { name: "b" }, "destroyed"],
    ["aws:route53/zone:Zone", "Zone own", { name: "a.org" }, { name: "b.org" }, "destroyed"],
  ] as const
).flatMap(([type, label, before, after, effect]): Case[] => {
  const own = (inputs: Record<string, unknown>) => plan([resource(type, "own", inputs)]);
  return [
    [`${label}, replaced`, own(before), own(after), [label, effect]],
    [`${label}, deleted`, own(before), none, [label, effect]],
  ];
});

describe("what a change would lose of single objects", () =>
  tellsOf([
    ["an archive that ends", plan([store("s3://a/x")]), none, ["ObjectStore data/archive", "exposed"]],
    [
      "an archive at another place",
      plan([store("s3://a/x")]),
      plan([store("s3://b/x")]),
      ["ObjectStore data/archive", "orphaned"],
    ],
    ["an archive that keeps less", plan([store("s3://a/x")]), plan([store("s3://a/x", "7d")])],
    [
      "a server whose archive gets another name",
      plan([archiving("pg")]),
      plan([archiving("pg-2")]),
      ["Cluster data/pg", "orphaned"],
    ],
    ["a server that begins to archive", plan([cluster()]), plan([archiving("pg")])],
    [
      "a recovered server that is removed: it is a copy",
      plan([{ ...cluster({}, "pg-at-1"), inputs: { ...cluster({}, "pg-at-1").inputs, metadata: copyOf("pg-at-1") } }]),
      none,
    ],
    ["a deleted volume", plan([pv()]), none, ["PersistentVolume files", "orphaned"]],
    [
      "a deleted volume that takes its content along",
      plan([pv({ persistentVolumeReclaimPolicy: "Delete" })]),
      none,
      ["PersistentVolume files", "destroyed"],
    ],
    ["a deleted volume that is retained", plan([pv({}, kept)]), none, ["PersistentVolume files", "kept"]],
    [
      "a volume of another source",
      plan([pv()]),
      plan([pv({ nfs: { server: "b", path: "/a" } })]),
      ["PersistentVolume files", "orphaned"],
    ],
    [
      "a volume that no longer retains",
      plan([pv()]),
      plan([pv({ persistentVolumeReclaimPolicy: "Delete" })]),
      ["PersistentVolume files", "exposed"],
    ],
    ["a volume that retains from now on", plan([pv({ persistentVolumeReclaimPolicy: "Delete" })]), plan([pv()])],
    ["a deleted class", plan([storageClass()]), none, ["StorageClass fast", "exposed"]],
    [
      "a class of another driver",
      plan([storageClass()]),
      plan([storageClass({ provisioner: "q" })]),
      ["StorageClass fast", "exposed"],
    ],
    [
      "a class that no longer retains",
      plan([storageClass()]),
      plan([storageClass({ reclaimPolicy: "Delete" })]),
      ["StorageClass fast", "exposed"],
    ],
    ["a class that lets claims grow", plan([storageClass()]), plan([storageClass({ allowVolumeExpansion: true })])],
    [
      "a definition with servers",
      plan([cluster(), crd]),
      plan([cluster()]),
      ["CustomResourceDefinition clusters.postgresql.cnpg.io", "destroyed"],
    ],
    ["a definition without servers", plan([crd]), none],
    [
      "a definition of a chart's templates",
      operator(managed),
      plan([cluster()]),
      ["CustomResourceDefinition clusters.postgresql.cnpg.io", "destroyed"],
    ],
    [
      "a definition that its chart keeps",
      operator({ ...managed, annotations: { "helm.sh/resource-policy": "keep" } }),
      plan([cluster()]),
      ["CustomResourceDefinition clusters.postgresql.cnpg.io", "kept"],
    ],
    ["a definition of a chart's folder crds/", operator({}), plan([cluster()])],
    ["a chart with a class", charted(storageClass()), none, ["StorageClass fast", "exposed"]],
    [
      "a class of a chart that no longer retains: its upgrade fails before",
      charted(storageClass()),
      charted(storageClass({ reclaimPolicy: "Delete" })),
    ],
    ["a deleted key", plan([key()]), none, ["PrivateKey ca-key", "unreadable"]],
    [
      "a deleted key that is retained, which keeps nothing",
      plan([key({}, kept)]),
      none,
      ["PrivateKey ca-key", "unreadable"],
    ],
    ["another key", plan([key()]), plan([key({ algorithm: "RSA" })]), ["PrivateKey ca-key", "unreadable"]],
    ["other bytes of a keystore", plan([bytes("1")]), plan([bytes("2")]), ["RandomBytes keystore", "unreadable"]],
    ["a password", plan([resource("random:index/randomPassword:RandomPassword", "a", { length: 1 })]), none],
    ["a namespace with a claim", plan([namespace(), pvc()]), plan([pvc()]), ["Namespace data", "destroyed"]],
    ["a namespace with a StatefulSet", plan([namespace(), sts()]), plan([sts()]), ["Namespace data", "destroyed"]],
    [
      "a namespace with a chart's claims",
      plan([namespace(), release("db")], { rendered: [inChart("db", sts())] }),
      charted(sts()),
      ["Namespace data", "destroyed"],
    ],
    [
      "a namespace with claims that only the ledger knows",
      chartless({ resources: [namespace(), release("db")] }),
      chartless(),
      ["Namespace data", "destroyed"],
    ],
    [
      "a namespace with volumes that their class retains",
      plan([namespace(), pvc(), storageClass()]),
      plan([pvc(), storageClass()]),
      ["Namespace data", "orphaned"],
    ],
    ["a namespace that was protected", plan([namespace({ protect: true })]), none, ["Namespace data", "destroyed"]],
    ["a namespace that is retained", plan([namespace(kept), pvc()]), plan([pvc()]), ["Namespace data", "kept"]],
    ["another cluster by context", plan([provider("a")]), plan([provider("b")]), ["Provider kubernetes", "orphaned"]],
    [
      "another cluster by kubeconfig",
      plan([provider("a", { kubeconfig: "x" })]),
      plan([provider("a", { kubeconfig: "y" })]),
      ["Provider kubernetes", "orphaned"],
    ],
    [
      "another way to the same cluster",
      plan([provider("a", { clusterIdentifier: "dev", kubeconfig: "x" })]),
      plan([provider("a", { clusterIdentifier: "dev", kubeconfig: "y" })]),
    ],
    ["another option of the provider", plan([provider("a")]), plan([provider("a", { enableSecretMutable: "false" })])],
    ["a database", plan([job("one"), job("two")]), plan([job("two")]), ["Database one", "kept"]],
    [
      "a Job that runs again",
      plan([job("one")]),
      plan([{ ...job("one"), inputs: { ...job("one").inputs, spec: {} } }]),
    ],
    [
      "the profile dev",
      plan([namespace(kept), pvc({}, kept)], { profile: "prod" }),
      plan([namespace(), pvc()], { profile: "dev" }),
      ["Profile dev", "exposed"],
    ],
    [
      "the profile dev, from a state",
      plan([namespace(kept)], { origin: "export" }),
      plan([namespace()], { profile: "dev" }),
      ["Profile dev", "exposed"],
    ],
    [
      "protection that ends",
      plan([namespace(kept)], { profile: "prod" }),
      plan([namespace()], { profile: "prod" }),
      ["Protection of Namespace data", "exposed"],
    ],
    [
      "retention that ends",
      plan([namespace({ retainOnDelete: true })]),
      plan([namespace()]),
      ["Protection of Namespace data", "exposed"],
    ],
    ["protection that begins", plan([namespace()]), plan([namespace(kept)])],
    [
      "a bucket",
      plan([resource("aws:s3/bucket:Bucket", "backups", { bucket: "a" })]),
      none,
      ["Bucket backups", "destroyed"],
    ],
    [
      "a bucket of another name",
      plan([resource("aws:s3/bucket:Bucket", "backups", { bucket: "a" })]),
      plan([resource("aws:s3/bucket:Bucket", "backups", { bucket: "b" })]),
      ["Bucket backups", "destroyed"],
    ],
    ...storesOfAws,
    [
      "a bucket that is retained",
      plan([resource("aws:s3/bucket:Bucket", "backups", { bucket: "a" }, kept)]),
      none,
      ["Bucket backups", "kept"],
    ],
  ]));

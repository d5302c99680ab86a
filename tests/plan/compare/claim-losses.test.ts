import { inChart, object, plan, release, statefulSet } from "./fixtures.ts";
import {
  charted,
  chartless,
  cluster,
  kept,
  namespace,
  none,
  policy,
  pvc,
  storageClass,
  sts,
  tellsOf,
} from "./loss-cases.ts";

const smaller = { resources: { requests: { storage: "7Gi" } } };
const rendered = [inChart("db", object("v1", "ConfigMap", "data/x"))];
const withOperator = chartless({
  resources: [cluster(), release("db")],
  objects: plan([cluster()]).objects,
  podGroups: chartless().podGroups.map((group) => ({ ...group, name: "pg" })),
});

describe("what a change would lose of claims", () =>
  tellsOf([
    ["a deleted claim", plan([pvc()]), none, ["PersistentVolumeClaim data/files", "destroyed"]],
    [
      "a deleted claim whose class retains volumes",
      plan([pvc(), storageClass()]),
      plan([storageClass()]),
      ["PersistentVolumeClaim data/files", "orphaned"],
    ],
    ["a deleted claim that is retained", plan([pvc({}, kept)]), none, ["PersistentVolumeClaim data/files", "kept"]],
    [
      "a replaced claim",
      plan([pvc()]),
      plan([pvc({ storageClassName: "slow" })]),
      ["PersistentVolumeClaim data/files", "destroyed"],
    ],
    [
      "a smaller claim",
      plan([pvc()]),
      plan([pvc({ resources: { requests: { storage: "7Gi" } } })]),
      ["PersistentVolumeClaim data/files", "impossible"],
    ],
    ["a larger claim", plan([pvc()]), plan([pvc({ resources: { requests: { storage: "9Gi" } } })])],
    ["a new claim", none, plan([pvc()])],
    ["a deleted StatefulSet", plan([sts()]), none, ["StatefulSet data/db", "orphaned"]],
    [
      "a deleted StatefulSet that takes its claims along",
      plan([sts({}, policy("Delete"))]),
      none,
      ["StatefulSet data/db", "destroyed"],
    ],
    ["a deleted StatefulSet that is retained", plan([sts({}, {}, kept)]), none, ["StatefulSet data/db", "kept"]],
    ["a deleted StatefulSet without claims", plan([sts({}, { volumeClaimTemplates: [] })]), none],
    [
      "a StatefulSet made anew that finds its claims",
      plan([sts()]),
      plan([sts({}, { serviceName: "other" })]),
      ["StatefulSet data/db", "kept"],
    ],
    [
      "a StatefulSet made anew that deleted its claims",
      plan([sts({}, policy("Delete"))]),
      plan([sts({}, { ...policy("Delete"), serviceName: "other" })]),
      ["StatefulSet data/db", "destroyed"],
    ],
    [
      "a StatefulSet of another name",
      plan([sts({}, {}, { logicalName: "x" })]),
      plan([object("apps/v1", "StatefulSet", "data/db2", { spec: statefulSet("").spec }, { logicalName: "x" })]),
      ["StatefulSet data/db", "orphaned"],
    ],
    [
      "a larger claim template",
      plan([sts()]),
      plan([sts({ resources: { requests: { storage: "9Gi" } } })]),
      ["StatefulSet data/db", "kept"],
    ],
    [
      "a smaller claim template",
      plan([sts()]),
      plan([sts({ resources: { requests: { storage: "7Gi" } } })]),
      ["StatefulSet data/db", "impossible"],
    ],
    [
      "a claim template of another class",
      plan([sts({ storageClassName: "a" })]),
      plan([sts({ storageClassName: "b" })]),
      ["StatefulSet data/db", "impossible"],
    ],
    [
      "no claim template any more",
      plan([sts()]),
      plan([sts({}, { volumeClaimTemplates: [] })]),
      ["StatefulSet data/db", "orphaned"],
    ],
    [
      "a renamed claim template",
      plan([sts()]),
      plan([sts({}, { volumeClaimTemplates: [{ metadata: { name: "files" }, spec: {} }] })]),
      ["StatefulSet data/db", "orphaned"],
    ],
    [
      "a StatefulSet that takes its claims along from now on",
      plan([sts()]),
      plan([sts({}, policy("Delete"))]),
      ["StatefulSet data/db", "exposed"],
    ],
    ["fewer replicas", plan([sts()]), plan([sts({}, { replicas: 1 })])],
    [
      "fewer replicas that take their claims along",
      plan([sts({}, policy("Retain", "Delete"))]),
      plan([sts({}, { ...policy("Retain", "Delete"), replicas: 1 })]),
      ["StatefulSet data/db", "destroyed"],
    ],
    ["a deleted server of CloudNativePG", plan([cluster()]), none, ["Cluster data/pg", "destroyed"]],
    ["a server of another name", plan([cluster()]), plan([cluster({}, "pg2")]), ["Cluster data/pg", "destroyed"]],
    [
      "a server with less storage",
      plan([cluster()]),
      plan([cluster({ storage: { size: "7Gi" } })]),
      ["Cluster data/pg", "impossible"],
    ],
    [
      "a server without its WAL volume",
      plan([cluster()]),
      plan([cluster({ walStorage: undefined })]),
      ["Cluster data/pg", "impossible"],
    ],
    [
      "a server with more storage and fewer instances",
      plan([cluster()]),
      plan([cluster({ storage: { size: "9Gi" }, instances: 1 })]),
    ],
    [
      "an operator's claims",
      plan([
        object("monitoring.coreos.com/v1", "Prometheus", "data/p", {
          spec: { storage: { volumeClaimTemplate: { spec: { resources: { requests: { storage: "8Gi" } } } } } },
        }),
      ]),
      none,
      ["Prometheus data/p", "destroyed"],
    ],
    ["an empty namespace", plan([namespace()]), none],
    ["a release with claims", charted(sts()), none, ["Release data/db", "orphaned"]],
    ["a release with a claim of its own", charted(pvc()), none, ["Release data/db", "destroyed"]],
    [
      "a release with a claim that Helm keeps",
      charted(
        object("v1", "PersistentVolumeClaim", "data/files", {
          metadata: { annotations: { "helm.sh/resource-policy": "keep" } },
          spec: {},
        }),
      ),
      none,
      ["Release data/db", "orphaned"],
    ],
    ["a release with claims that only the ledger knows", chartless(), none, ["Release data/db", "orphaned"]],
    [
      "a release with its namespace",
      plan([namespace(), release("db")], { rendered: [inChart("db", sts())] }),
      none,
      ["Namespace data", "destroyed"],
      ["Release data/db", "destroyed"],
    ],
    [
      "a release with a namespace that is retained",
      plan([namespace(kept), release("db")], { rendered: [inChart("db", sts())] }),
      none,
      ["Release data/db", "orphaned"],
      ["Namespace data", "kept"],
    ],
    ["a chart with a smaller claim template: its upgrade fails before", charted(sts()), charted(sts(smaller))],
    [
      "a chart that was rendered without claims, whatever the ledger says",
      chartless({ notRendered: [], rendered }),
      none,
    ],
    ["an operator's release, whose servers stand in the ledger", withOperator, plan([cluster()])],
    ["a release that is retained", chartless({}, kept), none, ["Release data/db", "kept"]],
    [
      "a release of another namespace",
      charted(sts()),
      plan([release("db", { namespace: "other" })]),
      ["Release data/db", "orphaned"],
    ],
    [
      "a retained release of another namespace",
      chartless({}, kept),
      chartless({ resources: [release("db", { namespace: "other" }, kept)] }),
      ["Release data/db", "orphaned"],
    ],
    ["a release without claims", plan([release("db")]), none],
    ["a chart that no longer has its StatefulSet", charted(sts()), charted(), ["StatefulSet data/db", "orphaned"]],
    [
      "a chart that no longer has its claim",
      charted(pvc()),
      charted(),
      ["PersistentVolumeClaim data/files", "destroyed"],
    ],
    [
      "a chart whose claim templates change: its upgrade fails before",
      charted(sts()),
      charted(sts({ storageClassName: "x" })),
    ],
    ["a chart that is not rendered any more", charted(sts()), chartless()],
    [
      "a StatefulSet that leaves the ledger of a chart",
      chartless(),
      chartless({ podGroups: [] }),
      ["StatefulSet data/db", "orphaned"],
    ],
  ]));

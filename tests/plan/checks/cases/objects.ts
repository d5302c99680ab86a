import { containerOf, object, one, podOf, release, remove } from "../draft.ts";
import { after, definition } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const monitor = (spec: object, ...more: string[]) =>
  object("monitoring.coreos.com/v1", "ServiceMonitor", "app/web", { spec }, after(more[0] ?? "app/operator"));

/** Cases of plan/checks/objects.ts and references.ts. */
export const objectCases: readonly Case[] = [
  {
    id: "GP090",
    name: "a monitor whose kind nothing brings",
    when: (draft) =>
      draft.objects.push(monitor({ selector: { matchLabels: { "app.kubernetes.io/name": "web" } }, endpoints: [] })),
    finds: [["ServiceMonitor app/web", /a kind that nothing in the stack defines/]],
  },
  {
    id: "GP090",
    name: "the same while a chart was not rendered, which may bring it",
    when: (draft) => {
      draft.notRendered.push({ release: "monitoring/definitions", reason: "helm is not on PATH" });
      draft.objects.push(monitor({ selector: { matchLabels: { "app.kubernetes.io/name": "web" } }, endpoints: [] }));
    },
    finds: [],
  },
  {
    id: "GP098",
    name: "a chart that Helm rejects",
    when: (draft) => {
      draft.notRendered.push({ release: "app/operator", reason: "values don't meet the schema", refused: true });
    },
    finds: [["Release app/operator", /^is rejected by Helm: values don't meet the schema$/]],
  },
  {
    id: "GP098",
    name: "a chart that is not at hand",
    when: (draft) => draft.notRendered.push({ release: "app/operator", reason: "helm is not on PATH" }),
    finds: [],
  },
  {
    id: "GP098",
    name: "an object without a name",
    when: (draft) => draft.unnamed.push({ release: "app/operator", kind: "Job" }),
    finds: [["Release app/operator", /^has an object of the kind Job without metadata.name$/]],
  },
  {
    id: "GP091",
    name: "a certificate that does not wait for its kind",
    when: (draft) => (one(draft, "Certificate app/web-tls").recorded.dependencies = []),
    finds: [["Certificate app/web-tls", /does not wait for app\/operator, which defines Certificate/]],
  },
  {
    id: "GP091",
    name: "one that waits through another, and one through its parent",
    when: (draft) => {
      const middle = object("v1", "ConfigMap", "app/middle", { data: { a: "b" } }, after("app/operator"));
      draft.objects.push(middle);
      one(draft, "Certificate app/web-tls").recorded.dependencies = ["urn:ConfigMap app/middle"];
      one(draft, "Cluster app/db").recorded = { parent: "urn:ConfigMap app/middle" };
    },
    finds: [],
  },
  {
    id: "GP092",
    name: "no labels and no parent",
    when: (draft) => {
      one(draft, "ConfigMap app/web").manifest.metadata.labels = { "app.kubernetes.io/name": "web" };
      one(draft, "ConfigMap app/web").recorded.parent = "";
    },
    finds: [
      ["ConfigMap app/web", /has no label app.kubernetes.io\/component, app.kubernetes.io\/part-of/],
      ["ConfigMap app/web", /has no parent/],
      ["ConfigMap app/web", /has the label groundplan\/stack= in the stack test/],
    ],
  },
  {
    id: "GP093",
    name: "a Service of other pods",
    when: (draft) => (one(draft, "Service app/web").manifest.spec.selector = { app: "wbe" }),
    finds: [["Service app/web", /selects no pod of the plan/]],
  },
  {
    id: "GP093",
    name: "a Service that leads to no port",
    when: (draft) => (one(draft, "Service app/web").manifest.spec.ports[0].targetPort = "https"),
    finds: [["Service app/web", /leads to the port https, which no selected pod declares/]],
  },
  {
    id: "GP093",
    name: "a monitor of no Service, and one of no port",
    when: (draft) =>
      draft.objects.push(
        definition("monitoring.coreos.com", "ServiceMonitor"),
        monitor({ selector: { matchLabels: { "app.kubernetes.io/name": "web" } }, endpoints: [{ port: "metrics" }] }),
        object(
          "monitoring.coreos.com/v1",
          "ServiceMonitor",
          "app/none",
          { spec: { selector: { matchLabels: { app: "none" } } } },
          after("app/operator"),
        ),
      ),
    finds: [
      ["ServiceMonitor app/none", /selects no Service of the plan/],
      ["ServiceMonitor app/web", /scrapes the port metrics, which no selected Service has/],
    ],
  },
  {
    id: "GP093",
    name: "a Service in the namespace of a chart that was not rendered",
    when: (draft) => {
      draft.notRendered.push({ release: "app/other", reason: "helm is not on PATH" });
      one(draft, "Service app/web").manifest.spec.selector = { app: "other" };
    },
    finds: [],
  },
  {
    id: "GP094",
    name: "one object from two places",
    when: (draft) =>
      draft.objects.push(object("v1", "ConfigMap", "app/web", { data: {} }, { release: "app/operator" })),
    finds: [["ConfigMap app/web", /comes from test and from app\/operator/]],
  },
  {
    id: "GP094",
    name: "two kinds of one name",
    when: (draft) => draft.objects.push(object("v1", "ServiceAccount", "app/mongo", {})),
    finds: [],
  },
  {
    id: "GP095",
    name: "references to nothing",
    when: (draft) => {
      remove(draft, "Secret app/web");
      podOf(draft, web).serviceAccountName = "web";
      podOf(draft, web).volumes = [
        { name: "a", configMap: { name: "none" } },
        { name: "b", persistentVolumeClaim: { claimName: "files" } },
        { name: "c", projected: { sources: [{ secret: { name: "projected" } }] } },
      ];
    },
    finds: [
      "ConfigMap none",
      "PersistentVolumeClaim files",
      "Secret projected",
      "Secret web",
      "ServiceAccount web",
    ].map((what) => [web, new RegExp(`needs the ${what}, which is missing in the plan`)]),
  },
  {
    id: "GP095",
    name: "a key that the Secret lacks",
    when: (draft) => (containerOf(draft, web).env[1].valueFrom.secretKeyRef.key = "pasword"),
    finds: [[web, /needs pasword of the Secret web, which has password/]],
  },
  {
    id: "GP095",
    name: "optional references, the cluster's own, and those that cert-manager makes",
    when: (draft) => {
      podOf(draft, web).volumes = [
        { name: "a", secret: { secretName: "none", optional: true } },
        { name: "b", configMap: { name: "kube-root-ca.crt" } },
        { name: "c", secret: { secretName: "web-tls", items: [{ key: "tls.crt" }] } },
      ];
    },
    finds: [],
  },
  {
    id: "GP099",
    name: "a ConfigMap that is too large, and an annotation that the API does not accept",
    when: (draft) =>
      draft.objects.push(
        object("v1", "ConfigMap", "app/texts", { data: { a: "b" }, metadata: { annotations: { "a b": "" } } }),
        object("v1", "ConfigMap", "app/files", { data: { text: "x".repeat(1024 * 1024) } }),
      ),
    finds: [
      ["ConfigMap app/files", /has 1048580 bytes of data, but at most 1048576 are accepted/],
      ["ConfigMap app/texts", /has a key a b in metadata.annotations that is not letters/],
    ],
  },
  {
    id: "GP096",
    name: "an API that is gone",
    when: (draft) => {
      one(draft, "PodDisruptionBudget app/web").apiVersion = "policy/v1beta1";
    },
    finds: [
      ["PodDisruptionBudget app/web", /policy\/v1beta1, which was removed in Kubernetes 1.25; the cluster runs 1.36/],
    ],
  },
  {
    id: "GP096",
    name: "an API that a cluster of that age still has",
    when: (draft) => {
      draft.settings["cluster"] = { context: "test", version: "1.24" };
      one(draft, "PodDisruptionBudget app/web").apiVersion = "policy/v1beta1";
    },
    finds: [],
    also: ["GP025"],
  },
  {
    id: "GP097",
    name: "empty values of every kind that the API server drops",
    when: (draft) => {
      const pod = podOf(draft, web);
      pod.tolerations = [];
      pod.nodeSelector = {};
      pod.hostNetwork = false;
      pod.priorityClassName = null;
      containerOf(draft, web).env = [{ name: "A", value: "" }];
      draft.objects.push(object("v1", "Secret", "app/none", { type: "Opaque", stringData: {} }));
      draft.objects.push(
        object("v1", "PersistentVolume", "volume", {
          spec: { storageClassName: "", persistentVolumeReclaimPolicy: "Retain" },
        }),
      );
    },
    finds: [
      ["Deployment app/web", /an empty spec\.template\.spec\.containers\[0\]\.env\[0\]\.value/],
      ["Deployment app/web", /an empty spec\.template\.spec\.hostNetwork/],
      ["Deployment app/web", /an empty spec\.template\.spec\.nodeSelector/],
      ["Deployment app/web", /an empty spec\.template\.spec\.priorityClassName/],
      ["Deployment app/web", /an empty spec\.template\.spec\.tolerations/],
      ["PersistentVolume volume", /an empty spec\.storageClassName/],
      ["Secret app/none", /an empty stringData/],
    ],
    also: ["GP010", "GP106"],
  },
  {
    id: "GP097",
    name: "empty values that mean something, and those of custom resources",
    when: (draft) => {
      const pod = podOf(draft, web);
      pod.volumes = [...(pod.volumes ?? []), { name: "more", emptyDir: {} }];
      draft.objects.push(
        object("v1", "ConfigMap", "app/blank", { data: { "empty.conf": "" } }),
        object("v1", "PersistentVolumeClaim", "app/bound", { spec: { storageClassName: "" } }),
        object("networking.k8s.io/v1", "NetworkPolicy", "app/deny", {
          spec: { podSelector: {}, policyTypes: ["Ingress"] },
        }),
      );
      one(draft, "Certificate app/web-tls").manifest.spec.subject = { organizations: [] };
    },
    finds: [],
  },
  {
    id: "GP061",
    name: "a release that was not rendered and has claims",
    when: (draft) => {
      draft.releases.push(release("app", "hidden", "hidden"));
      draft.recordedReleases["app/hidden"] = { protect: false };
      draft.notRendered.push({ release: "app/hidden", reason: "helm is not on PATH" });
      draft.ledger.podGroups.push({
        component: "hidden",
        name: "hidden",
        namespace: "app",
        kind: "StatefulSet",
        replicas: 1,
        containers: [{ cpu: "1m", memory: "1Mi" }],
        claims: [{ name: "data", size: "1Gi", storageClass: "fast" }],
      });
    },
    finds: [["Release app/hidden", /holds data and is not protected/]],
  },
  {
    id: "GP061",
    name: "an operator that was not rendered beside the database that it runs, and beside a release with claims",
    when: (draft) => {
      const group = {
        component: "test",
        namespace: "app",
        kind: "StatefulSet",
        replicas: 1,
        containers: [{ cpu: "1m", memory: "1Mi" }],
        claims: [{ name: "data", size: "1Gi", storageClass: "fast" }],
      } as const;
      for (const [name, values] of [["cnpg"], ["store"], ["long-name", { fullnameOverride: "short" }]] as const) {
        draft.releases.push(release("app", name, name, values));
        draft.recordedReleases[`app/${name}`] = { protect: false };
        draft.notRendered.push({ release: `app/${name}`, reason: "helm is not on PATH" });
      }
      for (const name of ["db", "store", "short-server"]) draft.ledger.podGroups.push({ ...group, name });
    },
    finds: [
      ["Release app/long-name", /holds data and is not protected/],
      ["Release app/store", /holds data and is not protected/],
    ],
  },
];

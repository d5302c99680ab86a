import { containerOf, object, one, podOf } from "../draft.ts";
import type { Loose } from "../draft.ts";
import { peer, policy, workload } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const postgres = { image: "docker.io/library/postgres:18", name: "wait" };
const prepared = (container: Loose): Loose => ({
  ...container,
  ports: undefined,
  readinessProbe: undefined,
  livenessProbe: undefined,
});

/** A policy that lets logs call web at a port by its name, and the edge that needs it. */
const namedPort = (port: string, finds: RegExp[]): Case => ({
  id: "GP082",
  name: `a policy with the port named ${port}`,
  when: (draft) => {
    draft.ledger.edges.push({
      from: { kind: "pods", namespace: "app", labels: { app: "logs" } },
      to: { kind: "pods", namespace: "app", labels: { app: "web" } },
      ports: [8080],
      purpose: "pages",
    });
    const rule = { ports: [{ port, protocol: "TCP" }] };
    draft.objects.push(
      policy("from-logs", {
        podSelector: { matchLabels: { app: "web" } },
        policyTypes: ["Ingress"],
        ingress: [{ from: [peer("app", { app: "logs" })], ...rule }],
      }),
      policy("to-web", {
        podSelector: { matchLabels: { app: "logs" } },
        policyTypes: ["Egress"],
        egress: [{ to: [peer("app", { app: "web" })], ...rule }],
      }),
    );
  },
  finds: finds.map((message) => ["Edge app/logs to app/web (pages)", message]),
});

const security = (name: string, change: (spec: Loose) => void, finds: RegExp[]): Case => ({
  id: "GP013",
  name,
  when: (draft) => change(podOf(draft, web)),
  finds: finds.map((message) => [web, message]),
});

/** Cases of forms of objects that the API server accepts and that a check can misread. */
export const readingCases: readonly Case[] = [
  namedPort("http", []),
  namedPort("metrics", [/egress on port 8080/]),
  security(
    "a pod as root whose containers are not",
    (spec) => {
      Object.assign(spec.securityContext, {
        runAsUser: 0,
        runAsNonRoot: false,
        seccompProfile: { type: "Unconfined" },
      });
      Object.assign(spec.containers[0].securityContext, {
        runAsUser: 1000,
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
    },
    [/runAsNonRoot is not true/, /runs as user 0/, /runs without seccomp/],
  ),
  security("a safe sysctl", (spec) => (spec.securityContext.sysctls = [{ name: "net.ipv4.tcp_syncookies" }]), []),
  security("another sysctl", (spec) => (spec.securityContext.sysctls = [{ name: "net.core.somaxconn" }]), [/sysctls/]),
  security(
    "options of SELinux, AppArmor and Windows",
    (spec) => {
      spec.securityContext.seLinuxOptions = { type: "spc_t" };
      spec.securityContext.appArmorProfile = { type: "Unconfined" };
      spec.containers[0].securityContext.windowsOptions = { hostProcess: true };
    },
    [/AppArmor/, /SELinux/, /host process/],
  ),
  {
    id: "GP030",
    name: "a client program of PostgreSQL in an init container",
    when: (draft) => {
      const server = workload("StatefulSet", "app/sql", "docker.io/library/postgres:17.9");
      const idm = workload("Deployment", "app/idm", "docker.io/evolveum/midpoint:4.10.4", {
        env: [{ name: "MP_MEM_MAX", value: "512m" }],
      });
      const spec = idm[0]?.manifest.spec.template.spec;
      spec.initContainers = [{ ...prepared(spec.containers[0]), ...postgres }];
      draft.objects.push(...server, ...idm);
    },
    finds: [],
    also: ["GP026"],
  },
  {
    id: "GP030",
    name: "client programs in an init container that are older than the server",
    when: (draft) => {
      draft.objects.push(...workload("StatefulSet", "app/sql", "docker.io/library/postgres:17.9"));
      const spec = podOf(draft, web);
      spec.initContainers = [
        { ...prepared(spec.containers[0]), ...postgres, image: "docker.io/library/postgres:16.1" },
      ];
    },
    finds: [[web, /client programs of PostgreSQL 16/]],
  },
  {
    id: "GP041",
    name: "a heap in a sidecar",
    when: (draft) => {
      const spec = podOf(draft, web);
      const env = [{ name: "JAVA_OPTS", value: "-Xmx2g" }];
      spec.initContainers = [{ ...spec.containers[0], name: "side", restartPolicy: "Always", env }];
    },
    finds: [[web, /heap of 2Gi/]],
  },
  {
    id: "GP041",
    name: "a heap in an init container",
    when: (draft) => {
      const spec = podOf(draft, web);
      const env = [{ name: "JAVA_OPTS", value: "-Xmx2g" }];
      spec.initContainers = [{ ...prepared(spec.containers[0]), name: "first", env }];
    },
    finds: [[web, /heap of 2Gi/]],
  },
  {
    id: "GP012",
    name: "a sidecar without probes",
    when: (draft) => {
      const spec = podOf(draft, web);
      const side = { ...spec.containers[0], name: "side", restartPolicy: "Always", env: undefined };
      delete side.livenessProbe;
      spec.initContainers = [side];
    },
    finds: [[web, /lacks livenessProbe/]],
  },
  {
    id: "GP093",
    name: "a ServiceMonitor that selects by an expression",
    when: (draft) => {
      draft.objects.push(
        object("monitoring.coreos.com/v1", "ServiceMonitor", "app/other", {
          spec: {
            selector: { matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: ["other"] }] },
            endpoints: [{ port: "http" }],
          },
        }),
      );
    },
    finds: [["ServiceMonitor app/other", /selects no Service/]],
    also: ["GP090"],
  },
  {
    id: "GP093",
    name: "a PodMonitor of another port",
    when: (draft) => {
      draft.objects.push(
        object("monitoring.coreos.com/v1", "PodMonitor", "app/web", {
          spec: { selector: { matchLabels: { app: "web" } }, podMetricsEndpoints: [{ port: "metrics" }] },
        }),
        object("monitoring.coreos.com/v1", "PodMonitor", "app/none", {
          spec: { selector: { matchLabels: { app: "none" } }, podMetricsEndpoints: [{ port: "http" }] },
        }),
      );
    },
    finds: [
      ["PodMonitor app/none", /selects no pod/],
      ["PodMonitor app/web", /scrapes the port metrics/],
    ],
    also: ["GP090"],
  },
  {
    id: "GP093",
    name: "a disruption budget without a selector",
    when: (draft) => delete one(draft, "PodDisruptionBudget app/web").manifest.spec.selector,
    finds: [["PodDisruptionBudget app/web", /selects no pod/]],
    also: ["GP051"],
  },
  {
    id: "GP095",
    name: "a claim of a StatefulSet's template",
    when: (draft) => {
      one(draft, "StatefulSet app/mongo").manifest.spec.volumeClaimTemplates = [{ metadata: { name: "data" } }];
      const claim = (claimName: string) => ({ name: claimName, persistentVolumeClaim: { claimName } });
      podOf(draft, web).volumes = [claim("data-mongo-1"), claim("data-mongo-2")];
    },
    finds: [[web, /needs the PersistentVolumeClaim data-mongo-2/]],
  },
  {
    id: "GP010",
    name: "a ReplicationController",
    when: (draft) => {
      const { spec } = one(draft, web).manifest;
      const template = structuredClone(spec.template);
      template.metadata.labels = { app: "old" };
      template.spec.nodeSelector = { pool: "gpu" };
      draft.objects.push(object("v1", "ReplicationController", "app/old", { spec: { replicas: 1, template } }));
    },
    finds: [["ReplicationController app/old", /selects no nodes by pool=system/]],
    also: ["GP042", "GP050"],
  },
  {
    id: "GP106",
    name: "pods that solve challenges",
    when: (draft) => {
      const solver = (priorityClassName?: string) => ({
        http01: { ingress: { podTemplate: { spec: { priorityClassName } } } },
      });
      const solvers = [solver("test"), solver(), solver("missing"), { dns01: {} }];
      draft.objects.push(object("cert-manager.io/v1", "ClusterIssuer", "acme", { spec: { acme: { solvers } } }));
    },
    finds: [
      ["ClusterIssuer acme", /has the priority class missing/],
      ["ClusterIssuer acme", /solver 2 has no priority class/],
    ],
    also: ["GP090"],
  },
  {
    id: "GP022",
    name: "images in a command, in an argument after its flag, and of an operator's variable",
    when: (draft) => {
      const container = containerOf(draft, web);
      container.command = ["run", "--job-image=docker.io/bitnami/kubectl:1.30.0"];
      container.args = ["--side-image", "docker.io/bitnami/redis:7.2.0"];
      (container.env as object[]).push({ name: "RELATED_IMAGE_TOOLS", value: "docker.io/bitnami/nginx:1.27.0" });
    },
    finds: [
      [web, /bitnami\/kubectl/],
      [web, /bitnami\/nginx/],
      [web, /bitnami\/redis/],
    ],
  },
  {
    id: "GP022",
    name: "images of variables that come from a ConfigMap, alone and with all others",
    when: (draft) => {
      const container = containerOf(draft, web);
      const valueFrom = { configMapKeyRef: { name: "images", key: "of-pods" } };
      (container.env as object[]).push({ name: "SIDECAR_IMAGE", valueFrom });
      container.envFrom = [{ configMapRef: { name: "tools" } }];
      draft.objects.push(
        object("v1", "ConfigMap", "app/images", { data: { "of-pods": "docker.io/bitnami/nginx:1.27.0" } }),
        object("v1", "ConfigMap", "app/tools", {
          data: { TOOLS_IMAGE: "docker.io/bitnami/redis:7.2.0", TITLE: "a/b" },
        }),
      );
    },
    finds: [
      [web, /bitnami\/nginx/],
      [web, /bitnami\/redis/],
    ],
  },
];

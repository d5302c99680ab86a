import { containerOf, object, one, podOf, release } from "../draft.ts";
import type { Draft } from "../draft.ts";
import { after, definition, spread } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const heap = (name: string, change: (draft: Draft) => void, finds: RegExp[]): Case => ({
  id: "GP041",
  name,
  when: change,
  finds: finds.map((message) => [web, message]),
});
const env = (name: string, value: string) => (draft: Draft) => (containerOf(draft, web).env = [{ name, value }]);
const agent = { requests: { cpu: "500m", memory: "1Mi" }, limits: { memory: "1Mi" } };
const nodes = (group: object) => (draft: Draft) =>
  (draft.settings["cluster"] = {
    context: "test",
    version: "1.36",
    apiServerCidrs: ["10.0.0.0/16"],
    nodeGroups: [{ name: "system", nodes: 3, cpu: "4", memory: "16Gi", labels: { pool: "system" }, ...group }],
  });
const pgpool = (children: string, replicas: number) =>
  release("app", "pg", "postgresql-ha", {
    fullnameOverride: "pg",
    postgresql: { maxConnections: "100" },
    pgpool: { numInitChildren: children, maxPool: "1", replicaCount: replicas },
  });
const pooler = (draft: Draft, parameters: object, databases = 1) => {
  for (let index = 0; index < databases; index++)
    draft.ledger.databases.push({ name: `db${index}`, host: "pooler.app.svc.cluster.local" });
  draft.objects.push(
    definition("postgresql.cnpg.io", "Pooler"),
    object(
      "postgresql.cnpg.io/v1",
      "Pooler",
      "app/pooler",
      {
        spec: {
          cluster: { name: "db" },
          instances: 2,
          pgbouncer: { parameters },
          template: {
            spec: {
              nodeSelector: { pool: "system" },
              priorityClassName: "test",
              topologySpreadConstraints: spread({ "cnpg.io/poolerName": "pooler" }),
              containers: [
                {
                  name: "pgbouncer",
                  image: "ghcr.io/cloudnative-pg/pgbouncer:1.25.1",
                  resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
                },
              ],
            },
          },
        },
      },
      after("app/operator"),
    ),
    object("policy/v1", "PodDisruptionBudget", "app/pooler", {
      spec: { maxUnavailable: 1, selector: { matchLabels: { "cnpg.io/poolerName": "pooler" } } },
    }),
  );
};

/** Cases of plan/checks/connections.ts, memory.ts and capacity.ts. */
export const budgetCases: readonly Case[] = [
  {
    id: "GP040",
    name: "pgpool that opens more than PostgreSQL accepts",
    when: (draft) => draft.releases.push(pgpool("46", 2)),
    finds: [["Release app/pg", /allows 100 connections, of which 10 are reserved, but clients may open 92: pgpool 46/]],
  },
  {
    id: "GP040",
    name: "pgpool within what PostgreSQL accepts",
    when: (draft) => draft.releases.push(pgpool("45", 2)),
    finds: [],
  },
  {
    id: "GP040",
    name: "pgpool with the chart's own numbers",
    when: (draft) => draft.releases.push(release("app", "pg", "postgresql-ha")),
    finds: [["Release app/pg", /clients may open 480: pgpool 32 clients × 15 cached connections × 1 replica/]],
  },
  {
    id: "GP040",
    name: "more clients than pgpool serves",
    when: (draft) => {
      draft.releases.push(pgpool("20", 2));
      const host = "pg-pgpool.app.svc.cluster.local";
      draft.ledger.pools = [
        { consumer: "midpoint", database: "midpoint", host, connections: 40, replicas: 1 },
        {
          consumer: "elsewhere",
          database: "elsewhere",
          host: "other.app.svc.cluster.local",
          connections: 900,
          replicas: 1,
        },
        { consumer: "grafana", database: "grafana", host, connections: 1, replicas: 1 },
      ];
    },
    finds: [["Release app/pg", /serves 40 clients, but 41 may connect: midpoint 40 × 1 pod; grafana 1 × 1 pod/]],
  },
  {
    id: "GP040",
    name: "pools that go to the server itself",
    when: (draft) =>
      (draft.ledger.pools = [
        { consumer: "keycloak", database: "keycloak", host: "db-rw.app.svc", connections: 50, replicas: 2 },
      ]),
    finds: [["Cluster app/db", /clients may open 100: keycloak 50 × 2 pods/]],
  },
  {
    id: "GP040",
    name: "PgBouncer's pools of two databases",
    when: (draft) => pooler(draft, { default_pool_size: "30", max_client_conn: "500" }, 2),
    finds: [["Cluster app/db", /clients may open 120: PgBouncer 30 per database × 2 databases × 2 instances/]],
  },
  {
    id: "GP040",
    name: "PgBouncer's pools of two databases, with a bound for each",
    when: (draft) => pooler(draft, { default_pool_size: "30", max_db_connections: "20" }, 2),
    finds: [],
  },
  ...(
    [
      ["session", [/^serves 40 clients of the database db0 in session mode, but 41 may connect: wiki 41 × 1 pod$/]],
      [undefined, [/^serves 40 clients of the database db0/]],
      ["transaction", []],
    ] as [string | undefined, RegExp[]][]
  ).map(([poolMode, finds]): Case => ({
    id: "GP040",
    name: `more clients of one database than PgBouncer has connections for it, mode ${poolMode ?? "of the operator"}`,
    when: (draft) => {
      pooler(draft, { default_pool_size: "20" }, 1);
      one(draft, "Pooler app/pooler").manifest.spec.pgbouncer.poolMode = poolMode;
      const host = "pooler.app.svc.cluster.local";
      draft.ledger.pools = [{ consumer: "wiki", database: "db0", host, connections: 41, replicas: 1 }];
    },
    finds: finds.map((message) => ["Pooler app/pooler", message]),
  })),
  {
    id: "GP040",
    name: "databases whose consumers have fewer connections than their pools",
    when: (draft) => {
      pooler(draft, { default_pool_size: "30" }, 3);
      const host = "pooler.app.svc.cluster.local";
      const pool = (database: string, connections: number) => ({
        consumer: database,
        database,
        host,
        connections,
        replicas: 1,
      });
      draft.ledger.pools = [pool("db0", 10), pool("db1", 21)];
    },
    finds: [
      [
        "Cluster app/db",
        /may open 91: PgBouncer 30 per database × 1 database × 2 instances; db0 10 × 1 pod; db1 21 × 1 pod$/,
      ],
    ],
  },
  heap("a heap as large as the limit", env("JAVA_OPTS", "-server -Xmx1g"), [
    /heap of 1Gi in a limit of 1Gi; at most 819.2Mi/,
  ]),
  heap(
    "a heap in the command",
    (draft) => (containerOf(draft, web).command = ["sh", "-c", "exec java -Xmx900m -jar a"]),
    [/900Mi/],
  ),
  heap("midPoint's variable", env("MP_MEM_MAX", "2048m"), [/heap of 2Gi/]),
  heap(
    "a heap and a code cache",
    (draft) => {
      containerOf(draft, web).env = [
        { name: "JVM_MAXIMUM_MEMORY", value: "800m" },
        { name: "JVM_RESERVED_CODE_CACHE_SIZE", value: "256m" },
      ];
    },
    [/heap of 800Mi and 256Mi outside it/],
  ),
  heap("a large share of the limit", env("JAVA_OPTS_APPEND", "-XX:MaxRAMPercentage=90.0"), [/921.6Mi/]),
  heap("Keycloak's share of the limit", env("JAVA_OPTS_KC_HEAP", "-XX:MaxRAMPercentage=70"), []),
  heap("the last of two options", env("JAVA_OPTS", "-Xmx4g -Xmx256m"), []),
  {
    id: "GP041",
    name: "an image that sets a heap by itself",
    when: (draft) => {
      Object.assign(containerOf(draft, web), { image: "docker.io/evolveum/midpoint:4.10.4", env: undefined });
    },
    finds: [[web, /heap of 2Gi in a limit of 1Gi/]],
    also: ["GP026"],
  },
  {
    id: "GP042",
    name: "a pod larger than every node",
    when: nodes({ memory: "400Mi" }),
    finds: [
      ["Cluster app/db", /which is more than any single node has \(system 4 CPU and 400Mi\)/],
      ["Deployment app/logs", /requests 100m CPU and 512Mi/],
      [web, /more than any single node has/],
      ["NodeGroup system", /request 800m CPU and 4Gi, but the nodes have 12 CPU and 1.17Gi/],
      ["StatefulSet app/mongo", /more than any single node has/],
    ],
  },
  {
    id: "GP042",
    name: "pods that fit one by one, not together",
    when: nodes({ nodes: 2, cpu: "300m" }),
    finds: [["NodeGroup system", /request 800m CPU and 4Gi, but the nodes have 600m CPU and 32Gi/]],
  },
  {
    id: "GP042",
    name: "more replicas that keep apart than nodes",
    when: (draft) => {
      nodes({ nodes: 2 })(draft);
      one(draft, "Cluster app/db").manifest.spec.instances = 3;
    },
    finds: [["Cluster app/db", /runs 3 replicas on different nodes, but there are only 2/]],
  },
  {
    id: "GP042",
    name: "a chart that was not rendered: the ledger says what its pods ask for",
    when: (draft) => {
      draft.notRendered.push({ release: "app/big", reason: "helm is not on PATH" });
      draft.ledger.podGroups.push({
        component: "big",
        name: "big",
        namespace: "app",
        kind: "StatefulSet",
        replicas: 1,
        containers: [{ cpu: "16", memory: "1Gi" }],
      });
    },
    finds: [
      ["NodeGroup system", /request 16800m CPU/],
      ["StatefulSet app/big", /requests 16 CPU and 1Gi/],
    ],
    also: ["GP043"],
  },
  {
    id: "GP042",
    name: "labels that every node carries, and one that none does",
    when: (draft) => {
      nodes({})(draft);
      const select = (name: string, labels: object) => Object.assign(podOf(draft, name).nodeSelector as object, labels);
      select(web, { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" });
      select("Deployment app/logs", { disk: "fast" });
    },
    finds: [["Deployment app/logs", /^selects pool=system, disk=fast, and no node group has these labels$/]],
  },
  {
    id: "GP042",
    name: "pods that only some of the nodes may run",
    when: (draft) => {
      const group = { nodes: 1, memory: "16Gi" };
      draft.settings["cluster"] = {
        context: "test",
        version: "1.36",
        nodeGroups: [
          { ...group, name: "fast", cpu: "150m", labels: { pool: "system", disk: "fast" } },
          { ...group, name: "slow", cpu: "4", labels: { pool: "system" } },
        ],
      };
      const { affinity } = one(draft, "Cluster app/db").manifest.spec;
      affinity.podAntiAffinityType = "preferred";
      Object.assign(podOf(draft, web).nodeSelector as object, { disk: "fast" });
    },
    finds: [
      [
        "NodeGroup fast",
        /^the pods that run only on these nodes request 200m CPU and 1Gi, but the nodes have 150m CPU/,
      ],
    ],
  },
  {
    id: "GP042",
    name: "a DaemonSet, of which each node runs one",
    when: (draft) => {
      nodes({ cpu: "700m" })(draft);
      const { spec } = one(draft, web).manifest.spec.template;
      draft.objects.push(
        object("apps/v1", "DaemonSet", "app/agent", {
          spec: {
            template: { spec: { ...spec, containers: [{ ...spec.containers[0], env: undefined, resources: agent }] } },
          },
        }),
      );
    },
    finds: [["NodeGroup system", /request 2300m CPU/]],
  },
  { id: "GP042", name: "nodes that nobody described", when: nodes({}), finds: [] },
  {
    id: "GP042",
    name: "pods that fill a node, and the nodes, to the last byte",
    when: nodes({ nodes: 8, cpu: "100m", memory: "512Mi" }),
    finds: [],
  },
  {
    id: "GP042",
    name: "an init container that asks for more than all others",
    when: (draft) => {
      nodes({ nodes: 8, cpu: "2", memory: "2Gi" })(draft);
      const spec = draft.objects.find(({ kind, name }) => kind === "Deployment" && name === "web")?.manifest.spec;
      const [main] = spec.template.spec.containers as object[];
      const resources = { requests: { cpu: "1", memory: "3Gi" }, limits: { memory: "3Gi" } };
      spec.template.spec.initContainers = [{ ...main, resources }];
    },
    finds: [[web, /requests 1 CPU and 3Gi/]],
    also: ["GP043"],
  },
  {
    id: "GP043",
    name: "as many replicas as an autoscaler may start",
    when: (draft) => {
      one(draft, "ResourceQuota app/quota").manifest.spec.hard = { pods: "10" };
      draft.objects.push(
        object("autoscaling/v2", "HorizontalPodAutoscaler", "app/web", {
          spec: { scaleTargetRef: { kind: "Deployment", name: "web" }, minReplicas: 2, maxReplicas: 5 },
        }),
      );
    },
    finds: [["ResourceQuota app/quota", /^allows 10 of pods, but its pods request 11$/]],
  },
  {
    id: "GP043",
    name: "single claims",
    when: (draft) =>
      draft.objects.push(
        object("v1", "PersistentVolumeClaim", "app/files", { spec: { resources: { requests: { storage: "15Gi" } } } }),
      ),
    finds: [["ResourceQuota app/quota", /allows 20Gi of requests.storage, but its pods request 25Gi/]],
  },
  {
    id: "GP043",
    name: "a bound that says nothing about pods, and one that is no quantity",
    when: (draft) =>
      (one(draft, "ResourceQuota app/quota").manifest.spec.hard = {
        services: "0",
        "requests.cpu": "plenty",
        pods: "8",
      }),
    finds: [],
  },
  {
    id: "GP043",
    name: "a quota below what pods ask for",
    when: (draft) => {
      one(draft, "ResourceQuota app/quota").manifest.spec.hard = {
        "requests.cpu": "750m",
        "requests.storage": "9Gi",
        "requests.memory": "4Gi",
        pods: "7",
      };
    },
    finds: [
      ["ResourceQuota app/quota", /allows 7 of pods, but its pods request 8/],
      ["ResourceQuota app/quota", /allows 750m of requests.cpu, but its pods request 800m/],
      ["ResourceQuota app/quota", /allows 9Gi of requests.storage, but its pods request 10Gi/],
    ],
  },
];

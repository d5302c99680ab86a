import { emptyDraft, object, release } from "./draft.ts";
import type { Draft, DraftObject, Loose } from "./draft.ts";

/** A workload with two replicas that every check accepts, and its disruption budget. */
export function workload(
  kind: "Deployment" | "StatefulSet",
  path: string,
  image: string,
  container: Loose = {},
): DraftObject[] {
  const name = path.split("/")[1] ?? "";
  const matchLabels = { app: name };
  const template = {
    metadata: { labels: matchLabels },
    spec: {
      automountServiceAccountToken: false,
      nodeSelector: { pool: "system" },
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
      priorityClassName: "test",
      topologySpreadConstraints: spread(matchLabels),
      containers: [
        {
          name,
          image,
          ports: [{ name: "http", containerPort: 8080 }],
          readinessProbe: { httpGet: { path: "/", port: "http" } },
          livenessProbe: { httpGet: { path: "/", port: "http" }, initialDelaySeconds: 60 },
          resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          ...container,
        },
      ],
    },
  };
  return [
    object("apps/v1", kind, path, { spec: { replicas: 2, selector: { matchLabels }, template } }),
    object("policy/v1", "PodDisruptionBudget", path, { spec: { maxUnavailable: 1, selector: { matchLabels } } }),
  ];
}

/** Constraints that spread pods over nodes and zones. */
export function spread(matchLabels: Record<string, string>): Loose[] {
  return ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels },
  }));
}

/** A Job that every check accepts. */
export function job(path: string, image: string): DraftObject {
  const [made] = workload("Deployment", path, image, { ports: undefined });
  const spec = made?.manifest.spec;
  return object("batch/v1", "Job", path, { spec: { template: spec.template } });
}

/**
 * A plan that no check holds anything against, with something for nearly every check to look at. Tests change one thing in it,
 * so that what a check then finds is about that thing.
 */
export function goodDraft(): Draft {
  const draft = emptyDraft();
  draft.settings = {
    ...draft.settings,
    cluster: {
      context: "test",
      version: "1.36",
      apiServerCidrs: ["10.0.0.0/16"],
      nodeGroups: [{ name: "system", nodes: 3, cpu: "4", memory: "16Gi", labels: { pool: "system" } }],
    },
    placement: { nodeSelector: { pool: "system" } },
    storage: { volumes: [volume("app", "db-1")] },
  };
  draft.releases = [release("app", "operator", "some-operator")];
  draft.objects = [
    object("v1", "Namespace", "app", { metadata: { labels: { "pod-security.kubernetes.io/enforce": "restricted" } } }),
    object("scheduling.k8s.io/v1", "PriorityClass", "test", { value: 1000 }),
    object("v1", "ResourceQuota", "app/quota", {
      spec: { hard: { "requests.cpu": "2", "requests.memory": "8Gi", "requests.storage": "20Gi", pods: "20" } },
    }),
    ...workload("Deployment", "app/web", "docker.io/example/web:1.2.3", {
      env: [
        { name: "JAVA_OPTS", value: "-Xms64m -Xmx512m" },
        { name: "WEB_PASSWORD", valueFrom: { secretKeyRef: { name: "web", key: "password" } } },
        { name: "WEB_PASSWORD_FILE", value: "/secrets/password" },
      ],
    }),
    ...workload("Deployment", "app/logs", "docker.io/graylog/graylog:7.1.8"),
    ...workload("StatefulSet", "app/mongo", "docker.io/library/mongo:8.0.29"),
    object("v1", "Secret", "app/web", { stringData: { password: "(secret)" } }),
    object("v1", "Secret", "app/from-chart", {}, { release: "app/operator" }),
    object("v1", "ConfigMap", "app/web", { data: { "app.conf": "password = ${PASSWORD}\nuser = web\n" } }),
    object("v1", "ConfigMap", "app/keycloak-realm", { data: { "realm.json": JSON.stringify(realm) } }),
    object("v1", "Service", "app/web", {
      spec: { selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    }),
    object("networking.k8s.io/v1", "Ingress", "app/web", {
      spec: { rules: [{ host: "web.example.org" }], tls: [{ hosts: ["web.example.org"], secretName: "web-tls" }] },
    }),
    definition("cert-manager.io", "Certificate"),
    definition("cert-manager.io", "Issuer"),
    object("cert-manager.io/v1", "Issuer", "app/own", { spec: { selfSigned: {} } }, after("app/operator")),
    definition("postgresql.cnpg.io", "Cluster"),
    object(
      "cert-manager.io/v1",
      "Certificate",
      "app/web-tls",
      { spec: { secretName: "web-tls", dnsNames: ["web.example.org"], issuerRef: { name: "own" } } },
      after("app/operator"),
    ),
    object(
      "postgresql.cnpg.io/v1",
      "Cluster",
      "app/db",
      {
        spec: {
          instances: 2,
          imageName: "ghcr.io/cloudnative-pg/postgresql:17.9",
          storage: { size: "5Gi", storageClass: "fast" },
          resources: { requests: { cpu: "100m", memory: "512Mi" }, limits: { memory: "1Gi" } },
          affinity: { podAntiAffinityType: "required", nodeSelector: { pool: "system" } },
          topologySpreadConstraints: spread({ "cnpg.io/cluster": "db" }),
          priorityClassName: "test",
          postgresql: { parameters: { max_connections: "100" } },
        },
      },
      after("app/operator"),
    ),
    object("storage.k8s.io/v1", "StorageClass", "fast", { provisioner: "csi.example.org", reclaimPolicy: "Retain" }),
    policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    policy("web", {
      podSelector: { matchLabels: { app: "web" } },
      policyTypes: ["Egress"],
      egress: [{ to: [peer("app", { app: "mongo" })], ports: [{ port: 27017, protocol: "TCP" }] }],
    }),
    policy("mongo", {
      podSelector: { matchLabels: { app: "mongo" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [peer("app", { app: "web" })], ports: [{ port: 27017, protocol: "TCP" }] }],
    }),
    policy("clients", {
      podSelector: { matchLabels: { app: "web" } },
      policyTypes: ["Ingress"],
      ingress: [{ from: [peer("app", { app: "logs" })], ports: [{ port: 8080, protocol: "TCP" }] }],
    }),
  ];
  const kept = { schedule: "@daily", keep: "--keep-last 3" };
  draft.ledger.data.push({ data: "Database web" }, { data: "Claim app/files", files: true });
  // Claims of cases that are about something else.
  for (const claim of ["a", "b", "bound", "c", "data-mongo-0", "fine", "undefined-mongo-0"])
    draft.ledger.spareClaims.push({ namespace: "app", claim, reason: "test" });
  draft.ledger.backups.push(
    { ...kept, data: "Database web", path: "/postgresql/web.dump", method: "pg_dump" },
    { ...kept, data: "Claim app/files", path: "/files/app/files", method: "files" },
  );
  draft.ledger.hosts.push({
    host: "web.example.org",
    purpose: "test",
    tlsSecret: { namespace: "app", name: "web-tls" },
  });
  draft.ledger.groupRoles.push({ application: "Grafana", role: "Admin", group: "ops" });
  draft.ledger.edges.push({
    from: { kind: "pods", namespace: "app", labels: { app: "web" } },
    to: { kind: "pods", namespace: "app", labels: { app: "mongo" } },
    ports: [27017],
    purpose: "test",
  });
  return draft;
}

/** A realm of one client, one group and one user, in the format of keycloak-config-cli. */
const realm = {
  clients: [
    {
      clientId: "wiki",
      standardFlowEnabled: true,
      serviceAccountsEnabled: false,
      authenticationFlowBindingOverrides: { browser: "gate-wiki" },
    },
    { clientId: "robot", standardFlowEnabled: false, serviceAccountsEnabled: true },
  ],
  roles: {
    realm: [
      { name: "admin", composite: true, composites: { realm: ["user"] } },
      { name: "user", composite: true, composites: { client: { wiki: ["wiki_role"] } } },
    ],
  },
  groups: [{ name: "ops", realmRoles: ["admin"], clientRoles: {} }],
  users: [
    { username: "ada", groups: ["ops"] },
    { username: "service-account-robot", serviceAccountClientId: "robot", groups: [] },
  ],
};

/** A custom kind that the chart of the draft brings. */
export function definition(group: string, kind: string): DraftObject {
  const name = `${kind.toLowerCase()}s.${group}`;
  return object(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    name,
    { spec: { group, names: { kind } } },
    { release: "app/operator" },
  );
}

/** That an object waits for a release. */
export function after(name: string): Partial<DraftObject> {
  return { recorded: { dependencies: [`urn:release:${name}`] } };
}

/** A network policy of the draft's namespace. */
export function policy(name: string, spec: Loose): DraftObject {
  return object("networking.k8s.io/v1", "NetworkPolicy", `app/${name}`, { spec });
}

/** Pods as a policy names them. */
export function peer(namespace: string, matchLabels: Record<string, string>): object {
  return {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    podSelector: { matchLabels },
  };
}

/** An existing volume for a claim, as the settings have it. */
export function volume(namespace: string, name: string): object {
  const source = { kind: "nfs", server: "10.0.0.9", path: "/old" };
  return { name: "old", size: "5Gi", claim: { namespace, name }, source };
}

// The example against the document's own YAML. Values are the document's; each difference has its reason.
import { assertDifferences } from "../documents.ts";
import type { Described } from "../documents.ts";

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;
const namespace = { "metadata.namespace": "prd-lan-coolcorp" };
const labels = (tiers: string, prefix = "metadata.labels") => ({
  [`${prefix}.app`]: "confluence",
  [`${prefix}.tiers`]: tiers,
  [`${prefix}.zone`]: "lan",
  [`${prefix}.env`]: "prd",
});
const fromSecret = (name: string, key: string) => ({
  name,
  valueFrom: { secretKeyRef: { name: "sec-prd-confluencedb", key } },
});
const variable = (name: string) => `${container}.env.[name=${name}]`;
const claim = (size: string, storageClassName: string) => ({
  ...namespace,
  "spec.accessModes": ["ReadWriteOnce"],
  "spec.resources.requests.storage": size,
  "spec.storageClassName": storageClassName,
});

/** The document's seven files, without the storage classes. */
const document: readonly Described[] = [
  { kind: "PersistentVolumeClaim", name: "pvc-confluence-apps", fields: claim("8Gi", "vsphere-dts-nfs") },
  {
    kind: "PersistentVolumeClaim",
    name: "pvc-confluence-db",
    fields: { ...claim("15Gi", "vsphere-dts-ssd"), "spec.volumeMode": "Filesystem" },
  },
  { kind: "Secret", name: "sec-prd-confluencedb", fields: namespace },
  {
    kind: "Deployment",
    name: "dep-confluencedb",
    fields: {
      ...namespace,
      ...labels("database"),
      ...labels("database", "spec.template.metadata.labels"),
      "spec.selector.matchLabels": { app: "confluence", tiers: "database" },
      "spec.replicas": 1,
      [`${container}.name`]: "confluence-db",
      [`${container}.image`]: "postgres:9.6.16-alpine",
      [`${container}.imagePullPolicy`]: "Always",
      [`${container}.resources.limits.memory`]: "1000Mi",
      [`${container}.resources.limits.cpu`]: 1,
      [`${container}.resources.requests.memory`]: "300Mi",
      [`${container}.resources.requests.cpu`]: "500m",
      [`${container}.volumeMounts.0`]: { mountPath: "/var/lib/postgresql/data/", name: "data-confluence" },
      [variable("POSTGRES_PASSWORD")]: fromSecret("POSTGRES_PASSWORD", "password"),
      [variable("POSTGRES_DB")]: { name: "POSTGRES_DB", value: "confluencedb" },
      [variable("POSTGRES_USER")]: fromSecret("POSTGRES_USER", "user"),
      [variable("PGDATA")]: { name: "PGDATA", value: "/var/lib/postgresql/data/db-files/" },
      [variable("POSTGRES_INITDB_ARGS")]: { name: "POSTGRES_INITDB_ARGS", value: "--encoding=UTF8" },
      [`${container}.ports.0.containerPort`]: 5432,
      [`${pod}.containers.1.name`]: "confluence-db-adminer",
      [`${pod}.volumes.0`]: { name: "data-confluence", persistentVolumeClaim: { claimName: "pvc-confluence-db" } },
    },
  },
  {
    kind: "Service",
    name: "svc-confluencedb",
    fields: {
      ...namespace,
      ...labels("database"),
      "spec.ports.0.name": "postgre",
      "spec.ports.0.port": 5432,
      "spec.ports.0.targetPort": 5432,
      "spec.ports.1.name": "adminer",
      "spec.selector": { app: "confluence", tiers: "database" },
    },
  },
  { kind: "IngressRoute", name: "confluencedb-admingui-http", fields: {} },
  { kind: "IngressRoute", name: "confluencedb-admingui-https", fields: {} },
  {
    kind: "Deployment",
    name: "dep-confluence",
    fields: {
      ...namespace,
      ...labels("app"),
      ...labels("app", "spec.template.metadata.labels"),
      "spec.selector.matchLabels": { app: "confluence", tiers: "app" },
      "spec.replicas": 1,
      [`${container}.name`]: "confluence",
      [`${container}.image`]: "atlassian/confluence-server:7.4",
      [`${container}.imagePullPolicy`]: "Always",
      [`${container}.resources.limits.memory`]: "2500Mi",
      [`${container}.resources.limits.cpu`]: 2,
      [`${container}.resources.requests.memory`]: "500Mi",
      [`${container}.resources.requests.cpu`]: "500m",
      [`${container}.volumeMounts.[name=apps-confluence].mountPath`]: "/var/atlassian/application-data/confluence",
      [`${container}.volumeMounts.[name=backup-confluence].mountPath`]:
        "/var/atlassian/application-data/confluence/backups",
      [variable("ATL_PROXY_NAME")]: { name: "ATL_PROXY_NAME", value: "confluence.coolcorp.priv" },
      [variable("ATL_JDBC_URL")]: {
        name: "ATL_JDBC_URL",
        value: "jdbc:postgresql://svc-confluencedb:5432/confluencedb",
      },
      [variable("ATL_JDBC_USER")]: fromSecret("ATL_JDBC_USER", "user"),
      [variable("ATL_JDBC_PASSWORD")]: fromSecret("ATL_JDBC_PASSWORD", "password"),
      [variable("ATL_DB_TYPE")]: { name: "ATL_DB_TYPE", value: "postgresql" },
      [variable("JVM_MINIMUM_MEMORY")]: { name: "JVM_MINIMUM_MEMORY", value: "1024m" },
      [variable("JVM_MAXIMUM_MEMORY")]: { name: "JVM_MAXIMUM_MEMORY", value: "1024m" },
      [variable("ATL_TOMCAT_SECURE")]: { name: "ATL_TOMCAT_SECURE", value: "true" },
      [variable("ATL_TOMCAT_SCHEME")]: { name: "ATL_TOMCAT_SCHEME", value: "https" },
      [`${container}.ports.0.containerPort`]: 8090,
      [`${pod}.volumes.[name=backup-confluence].nfs`]: {
        server: "storage.coolcorp.priv",
        path: "/volume1/k8s-psv-nfs-rwm/confluence-lan-prd/backup",
        readOnly: false,
      },
      [`${pod}.volumes.[name=apps-confluence].persistentVolumeClaim.claimName`]: "pvc-confluence-apps",
    },
  },
  {
    kind: "Service",
    name: "svc-confluence",
    fields: {
      ...namespace,
      ...labels("app"),
      "spec.ports.0.name": "apache",
      "spec.ports.0.port": 8090,
      "spec.ports.0.targetPort": 8090,
      "spec.selector": { app: "confluence", tiers: "app" },
    },
  },
  ...["http", "https"].map((suffix) => ({
    kind: "IngressRoute",
    name: `confluence-${suffix}`,
    fields: {
      ...namespace,
      apiVersion: "traefik.containo.us/v1alpha1",
      "spec.entryPoints": [suffix === "http" ? "web" : "websecure"],
      "spec.routes.0.kind": "Rule",
      "spec.routes.0.match": "Host(`confluence.coolcorp.priv`)",
      "spec.routes.0.services.0.name": "svc-confluence",
      "spec.routes.0.services.0.port": 8090,
      ...(suffix === "http"
        ? { "spec.routes.0.middlewares": [{ name: "https-redirectscheme" }] }
        : { "spec.tls": { certResolver: "le" } }),
    },
  })),
];

const selector = (component: string) => ({
  "app.kubernetes.io/component": component,
  "app.kubernetes.io/name": "confluence",
});
const recommended = "all workloads are selected by the recommended labels; the pods have the document's labels as well";
const noLimit = "CPU has no limit, because throttling makes a server unresponsive";
const exact = "tags are exact, so that a node pulls an image once";
const named = "the Service names the port of the pods, which has the same number";
const off = "Adminer can change every row of the database and is off in prod; in dev it is behind the platform's login";
const group = "Traefik 3 removed the old API group";

describe("examples/confluence.yaml", () => {
  it("C01, C04, C05, C06, C08, C10, C11, C13, C14: has the document's objects, and differs from them only with a reason", () =>
    assertDifferences("confluence", document, {
      "PersistentVolumeClaim pvc-confluence-db spec.volumeMode": ["Filesystem", undefined, "it is Kubernetes' default"],
      "Deployment dep-confluencedb spec.selector.matchLabels": [
        { app: "confluence", tiers: "database" },
        selector("database"),
        recommended,
      ],
      [`Deployment dep-confluencedb ${container}.image`]: [
        "postgres:9.6.16-alpine",
        "docker.io/library/postgres:16.10-alpine",
        "PostgreSQL 9.6 got its last fixes in 2021, and Confluence 10 does not support it",
      ],
      [`Deployment dep-confluencedb ${container}.imagePullPolicy`]: ["Always", undefined, exact],
      [`Deployment dep-confluencedb ${container}.resources.limits.cpu`]: [1, undefined, noLimit],
      [`Deployment dep-confluencedb ${pod}.containers.1.name`]: ["confluence-db-adminer", undefined, off],
      "Service svc-confluencedb spec.ports.0.targetPort": [5432, "postgre", named],
      "Service svc-confluencedb spec.ports.1.name": ["adminer", undefined, off],
      "Service svc-confluencedb spec.selector": [
        { app: "confluence", tiers: "database" },
        selector("database"),
        recommended,
      ],
      "IngressRoute confluencedb-admingui-http": ["present", "absent", off],
      "IngressRoute confluencedb-admingui-https": ["present", "absent", off],
      "Deployment dep-confluence spec.selector.matchLabels": [
        { app: "confluence", tiers: "app" },
        selector("app"),
        recommended,
      ],
      [`Deployment dep-confluence ${container}.image`]: [
        "atlassian/confluence-server:7.4",
        "docker.io/atlassian/confluence:10.2.7",
        "the name and the product Server ended on 2024-02-15; Data Center has another image and license",
      ],
      [`Deployment dep-confluence ${container}.imagePullPolicy`]: ["Always", undefined, exact],
      [`Deployment dep-confluence ${container}.resources.limits.cpu`]: [2, undefined, noLimit],
      [`Deployment dep-confluence ${container}.resources.requests.memory`]: [
        "500Mi",
        "1536Mi",
        "Java takes the whole heap at the start, so that a smaller request overcommits the node",
      ],
      [`Deployment dep-confluence ${pod}.volumes.[name=backup-confluence].nfs`]: [
        {
          server: "storage.coolcorp.priv",
          path: "/volume1/k8s-psv-nfs-rwm/confluence-lan-prd/backup",
          readOnly: false,
        },
        undefined,
        "Pod Security `restricted` rejects NFS volumes of pods: the share is a PersistentVolume with a claim",
      ],
      "Service svc-confluence spec.ports.0.targetPort": [8090, "http", named],
      "Service svc-confluence spec.selector": [{ app: "confluence", tiers: "app" }, selector("app"), recommended],
      "IngressRoute confluence-http apiVersion": ["traefik.containo.us/v1alpha1", "traefik.io/v1alpha1", group],
      "IngressRoute confluence-https apiVersion": ["traefik.containo.us/v1alpha1", "traefik.io/v1alpha1", group],
      "IngressRoute confluence-https spec.tls": [
        { certResolver: "le" },
        { secretName: "confluence.coolcorp.priv-tls" },
        "the company's CA issues the certificate through cert-manager",
      ],
    }));
});

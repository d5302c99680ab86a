// Objects of the source documents, as people have them in a cluster before they use this project: names, labels, classes and sizes are
// the documents' own. What has no influence on a move, such as most variables, is left out.
/** An object as `kubectl apply` takes it. */
export interface Manifest extends Readonly<Record<string, unknown>> {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const namespace = (name: string): Manifest => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

const workload = (
  kind: "Deployment" | "StatefulSet",
  metadata: { readonly name: string; readonly namespace: string },
  app: string,
  pod: object,
  more: object = {},
): Manifest => ({
  ...{ apiVersion: "apps/v1", kind, metadata },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: pod },
    ...more,
  },
});

const claim = (name: string, namespace: string, storageClassName: string, storage: string): Manifest => ({
  ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name, namespace } },
  spec: { accessModes: ["ReadWriteOnce"], storageClassName, resources: { requests: { storage } } },
});

/** "Your Very Own Messaging Service": Conduit with its volume from an NFS provisioner. */
export const matrixInstallation: readonly Manifest[] = [
  {
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "nfs-big" } },
    ...{ provisioner: "nfs-provisioner-big", parameters: { archiveOnDelete: "false" }, reclaimPolicy: "Retain" },
  },
  namespace("choppa"),
  claim("conduit-pv-claim", "choppa", "nfs-big", "50Gi"),
  {
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "conduit-config", namespace: "choppa" } },
    data: { CONDUIT_SERVER_NAME: "choppa.xyz", CONDUIT_PORT: "6167" },
  },
  {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "conduit-secret", namespace: "choppa" } },
    data: { CONDUIT_REGISTRATION_TOKEN: "bXlwYXNzd29yZG9yYWNjZXNzdG9rZW4=" },
  },
  workload(
    "Deployment",
    { name: "conduit-deploy", namespace: "choppa" },
    "conduit",
    {
      containers: [
        {
          ...{ name: "conduit", image: "ancapepe/conduit:next" },
          ports: [{ containerPort: 6167, name: "conduit-port" }],
          volumeMounts: [{ mountPath: "/var/lib/matrix-conduit/", name: "rocksdb" }],
        },
      ],
      volumes: [{ name: "rocksdb", persistentVolumeClaim: { claimName: "conduit-pv-claim" } }],
    },
    { strategy: { type: "Recreate" } },
  ),
  {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "conduit-service", namespace: "choppa" } },
    spec: { selector: { app: "conduit" }, ports: [{ protocol: "TCP", port: 8448, targetPort: "conduit-port" }] },
  },
];

/** "midPoint with NFS volume": a StatefulSet, and an NFS server with its claim. */
export const midpointInstallation: readonly Manifest[] = [
  namespace("mp-demo"),
  {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "mp-demo", namespace: "mp-demo" } },
    stringData: { password: "secret", "keystore.jceks": "binary" },
  },
  {
    ...{ apiVersion: "v1", kind: "Service", metadata: { name: "mp-pg-demo", namespace: "mp-demo" } },
    spec: { clusterIP: "None", selector: { app: "mp-pg-demo" }, ports: [{ port: 8080 }] },
  },
  workload(
    "StatefulSet",
    { name: "mp-pg-demo", namespace: "mp-demo" },
    "mp-pg-demo",
    {
      containers: [{ name: "mp-pg-demo", image: "evolveum/midpoint:4.4-alpine" }],
      volumes: [{ name: "mp-home", emptyDir: {} }],
    },
    { serviceName: "mp-pg-demo" },
  ),
  workload(
    "StatefulSet",
    { name: "mp-demo-nfs", namespace: "mp-demo" },
    "mp-demo-nfs",
    { containers: [{ name: "mp-demo-nfs", image: "k8s.gcr.io/volume-nfs", securityContext: { privileged: true } }] },
    {
      serviceName: "mp-demo-nfs",
      volumeClaimTemplates: [claim("mp-demo-nfs-store", "mp-demo", "standard", "256Mi")],
    },
  ),
];

/** "Confluence on Kubernetes": the wiki and its database, each with a claim. */
export const confluenceInstallation: readonly Manifest[] = [
  namespace("prd-lan-coolcorp"),
  ...["vsphere-dts-nfs", "vsphere-dts-ssd"].map((name) => ({
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name } },
    ...{ provisioner: "kubernetes.io/vsphere-volume", parameters: { datastore: name } },
  })),
  claim("pvc-confluence-apps", "prd-lan-coolcorp", "vsphere-dts-nfs", "8Gi"),
  claim("pvc-confluence-db", "prd-lan-coolcorp", "vsphere-dts-ssd", "15Gi"),
  {
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "sec-prd-confluencedb", namespace: "prd-lan-coolcorp" } },
    stringData: { user: "confluence", password: "Sentinel" },
  },
  ...[
    ["dep-confluencedb", "postgres:9.6.16-alpine", "pvc-confluence-db"] as const,
    ["dep-confluenceapps", "atlassian/confluence-server:7.3.5", "pvc-confluence-apps"] as const,
  ].map(([name, image, claimName]) =>
    workload("Deployment", { name, namespace: "prd-lan-coolcorp" }, name, {
      containers: [{ name: "main", image }],
      volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
    }),
  ),
];

/** "Notes on storage": a provisioner for each of two shares, and their classes. */
export const nfsInstallation: readonly Manifest[] = [
  namespace("nfs-storage"),
  {
    ...{ apiVersion: "v1", kind: "ServiceAccount" },
    metadata: { name: "nfs-client-provisioner", namespace: "nfs-storage" },
  },
  workload(
    "Deployment",
    { name: "nfs-client-provisioner", namespace: "nfs-storage" },
    "nfs-client-provisioner",
    {
      serviceAccountName: "nfs-client-provisioner",
      containers: [
        {
          name: "nfs-client-provisioner-big",
          image: "registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2",
        },
      ],
    },
    { strategy: { type: "Recreate" } },
  ),
  {
    ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name: "nfs-big" } },
    ...{ provisioner: "nfs-provisioner-big", parameters: { archiveOnDelete: "false" }, reclaimPolicy: "Retain" },
  },
];

// The example against the document's own YAML. Values are the document's; each difference has its reason.
import { assertDifferences } from "../documents.ts";
import type { Described } from "../documents.ts";

const pod = "spec.template.spec";
const container = `${pod}.containers.0`;

/** The document's objects: a claim, a ConfigMap, a Secret, a Deployment, a Service and one Ingress. */
const document: readonly Described[] = [
  {
    kind: "PersistentVolumeClaim",
    name: "conduit-pv-claim",
    fields: {
      "metadata.namespace": "choppa",
      "metadata.labels.app": "conduit",
      "spec.storageClassName": "nfs-big",
      "spec.accessModes": ["ReadWriteOnce"],
      "spec.resources.requests.storage": "50Gi",
    },
  },
  {
    kind: "ConfigMap",
    name: "conduit-config",
    fields: {
      "metadata.namespace": "choppa",
      "metadata.labels.app": "conduit",
      "data.CONDUIT_CONFIG": "",
      "data.CONDUIT_SERVER_NAME": "choppa.xyz",
      "data.CONDUIT_DATABASE_PATH": "/var/lib/matrix-conduit/",
      "data.CONDUIT_DATABASE_BACKEND": "rocksdb",
      "data.CONDUIT_ADDRESS": "0.0.0.0",
      "data.CONDUIT_PORT": "6167",
      "data.CONDUIT_MAX_CONCURRENT_REQUESTS": "200",
      "data.CONDUIT_MAX_REQUEST_SIZE": "20000000",
      "data.CONDUIT_ALLOW_REGISTRATION": "true",
      "data.CONDUIT_ALLOW_FEDERATION": "true",
      "data.CONDUIT_ALLOW_CHECK_FOR_UPDATES": "true",
      "data.CONDUIT_TRUSTED_SERVERS": '["matrix.org"]',
      "data.CONDUIT_ALLOW_WELL_KNOWN": "true",
      "data.CONDUIT_WELL_KNOWN_CLIENT": "https://talk.choppa.xyz",
      "data.CONDUIT_WELL_KNOWN_SERVER": "talk.choppa.xyz:443",
    },
  },
  {
    kind: "Secret",
    name: "conduit-secret",
    fields: { "metadata.namespace": "choppa", "data.CONDUIT_REGISTRATION_TOKEN": "bXlwYXNzd29yZG9yYWNjZXNzdG9rZW4=" },
  },
  {
    kind: "Deployment",
    name: "conduit-deploy",
    fields: {
      "metadata.namespace": "choppa",
      "spec.replicas": 1,
      "spec.strategy": { type: "Recreate" },
      "spec.selector.matchLabels": { app: "conduit" },
      "spec.template.metadata.labels.app": "conduit",
      [`${container}.name`]: "conduit",
      [`${container}.image`]: "ancapepe/conduit:next",
      [`${container}.imagePullPolicy`]: "IfNotPresent",
      [`${container}.ports`]: [{ containerPort: 6167, name: "conduit-port" }],
      [`${container}.envFrom`]: [{ configMapRef: { name: "conduit-config" } }],
      [`${container}.env`]: [
        {
          name: "CONDUIT_REGISTRATION_TOKEN",
          valueFrom: { secretKeyRef: { name: "conduit-secret", key: "CONDUIT_REGISTRATION_TOKEN" } },
        },
      ],
      [`${container}.volumeMounts`]: [{ mountPath: "/var/lib/matrix-conduit/", name: "rocksdb" }],
      [`${pod}.volumes`]: [{ name: "rocksdb", persistentVolumeClaim: { claimName: "conduit-pv-claim" } }],
    },
  },
  {
    kind: "Service",
    name: "conduit-service",
    fields: {
      "metadata.namespace": "choppa",
      "spec.selector": { app: "conduit" },
      "spec.ports.0.protocol": "TCP",
      "spec.ports.0.port": 8448,
      "spec.ports.0.targetPort": "conduit-port",
    },
  },
  { kind: "Ingress", name: "proxy", fields: {} },
];

const labels = { "app.kubernetes.io/component": "homeserver", "app.kubernetes.io/name": "matrix" };

describe("examples/matrix.yaml", () => {
  it("N07, N08, N09, N10, N11, N12, N13: has the document's objects, and differs from them only with a reason", () =>
    assertDifferences("matrix", document, {
      "ConfigMap conduit-config data.CONDUIT_ALLOW_WELL_KNOWN": [
        "true",
        undefined,
        "Conduit reads no field of this name: it always answers below /.well-known/matrix",
      ],
      "Secret conduit-secret data.CONDUIT_REGISTRATION_TOKEN": [
        "bXlwYXNzd29yZG9yYWNjZXNzdG9rZW4=",
        undefined,
        "the token is generated and encrypted in the state, in `stringData`, and not written by hand",
      ],
      "Deployment conduit-deploy spec.selector.matchLabels": [
        { app: "conduit" },
        labels,
        "all workloads are selected by the recommended labels; the pods have the document's label as well",
      ],
      [`Deployment conduit-deploy ${container}.image`]: [
        "ancapepe/conduit:next",
        "docker.io/matrixconduit/matrix-conduit:v0.10.12",
        "the fork's fix of the delegation is part of Conduit since 0.9, and `next` is no exact tag",
      ],
      [`Deployment conduit-deploy ${container}.imagePullPolicy`]: [
        "IfNotPresent",
        undefined,
        "it is Kubernetes' default for an exact tag",
      ],
      "Service conduit-service spec.selector": [
        { app: "conduit" },
        labels,
        "all Services select by the recommended labels",
      ],
      "Service conduit-service spec.ports.0.protocol": ["TCP", undefined, "it is Kubernetes' default"],
      "Ingress proxy": [
        "present",
        "absent",
        "Traefik has a pair of IngressRoutes for each host and path, and a certificate for each host",
      ],
    }));
});

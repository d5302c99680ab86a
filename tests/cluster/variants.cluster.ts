// What a stack may be set to besides, shown to a real API server that keeps none of it: every kind's schema, every field that
// cannot be left out, and Pod Security of each pod template. That the settings work together is for lifecycle.cluster.ts.
import assert from "node:assert/strict";
import { examples, stackNamed, variants } from "../stacks.ts";
import { useCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { createDefinitions, Deployment } from "./deployment.ts";
import type { ClusterStack } from "./deployment.ts";
import { companyAuthority } from "./generated.ts";
import { withRealAuthority } from "./real-authority.ts";

const of = (base: string, name: string, set: string[], secrets: Record<string, string> = {}): ClusterStack => ({
  file: stackNamed(base).file,
  name,
  set,
  secrets,
});
const setting = (key: string, value: unknown) => `${key}=${JSON.stringify(value)}`;

const company = companyAuthority();

function further(): ClusterStack[] {
  const b = company.issue("b.example.org");
  return [
    of("dev", "small-cloudnative-pg", ["postgresql.engine=cloudnative-pg"]),
    of("dev", "self-signed", ["certificates.issuers=[{name: self, kind: self-signed}]"]),
    of(
      "prod",
      "external-server",
      [
        setting("postgresql.engine", "external"),
        setting("postgresql.external", { host: "db.example.org", passwordSecret: "server", cidrs: ["10.1.0.0/16"] }),
      ],
      { server: 'p"a$$\\word' },
    ),
    of(
      "prod",
      "dns-challenges",
      [
        setting("certificates.issuers", [
          {
            name: "dns",
            kind: "acme",
            email: "ops@example.org",
            server: "staging",
            solvers: [
              {
                kind: "route53",
                region: "eu-west-1",
                hostedZoneId: "Z0123456789ABC",
                accessKeyId: "AKIAIOSFODNN7EXAMPLE",
                secretAccessKeySecret: "aws",
                zones: ["example.org"],
              },
              { kind: "cloudflare", apiTokenSecret: "cloudflare", zones: ["example.net"] },
              { kind: "http01", ingressClass: "nginx" },
            ],
          },
        ]),
        setting("gateway.kind", "nginx"),
        setting("certificates.hosts", [{ host: "*.apps", namespace: "apps" }]),
        setting("images.pullSecret", { registry: "registry.example.org", username: "u", passwordSecret: "registry" }),
        "placement.tolerations=[{key: dedicated, value: platform, effect: NoSchedule}]",
      ],
      { aws: "key", cloudflare: "token", registry: "password" },
    ),
    of(
      "prod",
      "certificates-of-ones-own",
      [
        setting("certificates.issuers", [
          { name: "company", kind: "company-ca", certificate: company.intermediate, keySecret: "ca" },
        ]),
        setting("certificates.hosts", [
          { host: "a", namespace: "apps" },
          { host: "b", namespace: "apps", certificate: b.chain, keySecret: "b" },
        ]),
      ],
      { ca: company.intermediateKey, b: b.key },
    ),
    of("prod", "storage", [
      setting("storage.classes", [
        { name: "ssd", provisioner: "csi.vsphere.vmware.com", parameters: { storagepolicyname: "ssd" }, default: true },
        {
          name: "nfs",
          provisioner: "nfs.csi.k8s.io",
          parameters: { server: "10.0.0.9", share: "/" },
          mountOptions: ["nfsvers=4.1"],
        },
        {
          name: "plain",
          provisioner: "cinder.csi.openstack.org",
          bindingMode: "Immediate",
          reclaimPolicy: "Delete",
          allowExpansion: false,
        },
        { name: "there", existing: true },
      ]),
      setting("storage.roles", { fast: "ssd", bulk: "there", shared: "nfs" }),
      setting("storage.volumes", [
        {
          name: "old-data",
          size: "20Gi",
          storageClass: "ssd",
          claim: { namespace: "sysdb", name: "data-pgsqlha-postgresql-0" },
          source: { kind: "csi", driver: "csi.vsphere.vmware.com", handle: "0b9c7f1a", fsType: "xfs" },
        },
        {
          name: "old-files",
          size: "1Ti",
          accessMode: "ReadWriteMany",
          claim: { namespace: "rdm", name: "files" },
          source: { kind: "nfs", server: "10.0.0.9", path: "/exports/rdm" },
        },
      ]),
    ]),
    of("prod", "hosts", [
      setting("gateway.hosts", [
        {
          host: "wiki",
          namespace: "rdm",
          service: "wiki",
          labels: { app: "wiki" },
          paths: ["/", "/api/"],
          sticky: true,
          maxBodySize: "100Mi",
          timeout: "5m",
          allowFrom: ["10.0.0.0/8"],
        },
      ]),
    ]),
    of("prod", "bounded-namespaces", [
      setting("namespaces", {
        sysdb: { quota: { cpu: "8", memory: "32Gi", storage: "1Ti", pods: 30 } },
        batch: { podSecurity: "baseline", limitRange: { cpu: "100m", memory: "64Mi", memoryLimit: "1Gi" } },
        tools: { podSecurity: "privileged", quota: { pods: 3 }, limitRange: { memoryLimit: "1Gi" } },
      }),
    ]),
  ];
}

describe("an API server accepts, without a warning,", function () {
  this.timeout(300_000);
  const all = [...[...examples, ...variants].map(withRealAuthority), ...further()];
  const deployments: Deployment[] = [];
  const tried = new Set<string>();
  let cluster: Cluster;

  before(async function () {
    cluster = await useCluster(this);
    // Before anything is made: their namespaces are the same ones.
    for (const stack of all) deployments.push(await Deployment.of(cluster, stack));
    const releases = new Map(deployments.flatMap((one) => one.releases).map((release) => [release.chart, release]));
    for (const release of releases.values()) createDefinitions(cluster, release);
  });
  after(() => {
    const namespaces = new Set(deployments.flatMap((deployment) => deployment.namespaces));
    if (namespaces.size > 0) cluster.kubectl(["delete", "--ignore-not-found", "namespaces", ...namespaces]);
  });

  all.forEach(({ name }, index) => it(name, () => assert.deepEqual(deployments[index]?.tryOut(tried), [])));
});

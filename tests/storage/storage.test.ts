import assert from "node:assert/strict";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack, root, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];
const confluence: TestStack = { name: "confluence", file: join(root, "examples", "confluence.yaml") };

describe("storage", () => {
  it("C02, C03, D17: two vSphere classes, one the default, both keeping data in prod", async () => {
    const { resources } = await recordStack(confluence);
    const classes = plannedObjects(resources).filter(({ kind }) => kind === "StorageClass");
    const of = (name: string) => classes.find((one) => one.name === name)?.manifest;
    for (const [name, isDefault] of [
      ["vsphere-dts-nfs", "false"],
      ["vsphere-dts-ssd", "true"],
    ] as const) {
      const { provisioner, allowVolumeExpansion, reclaimPolicy, metadata } = of(name) as Record<string, unknown> & {
        metadata: { annotations: Record<string, string>; namespace?: string };
      };
      assert.deepEqual([provisioner, allowVolumeExpansion, reclaimPolicy], ["csi.vsphere.vmware.com", true, "Retain"]);
      assert.equal(metadata.annotations["storageclass.kubernetes.io/is-default-class"], isDefault);
      assert.equal(metadata.namespace, undefined);
    }
    assert.deepEqual(of("vsphere-dts-nfs")?.["parameters"], { datastoreurl: "ds:///vmfs/volumes/dts-nfs/" });
  });

  it("C02: the class with the role fast holds databases, that with the role bulk files", async () => {
    const { result } = await recordStack(confluence);
    const claims = result.ledger.podGroups.flatMap((group) => group.claims ?? []);
    assert.deepEqual(claims.map(({ name, storageClass }) => [name, storageClass]).sort(), [
      ["pvc-confluence-apps", "vsphere-dts-nfs"],
      ["pvc-confluence-db", "vsphere-dts-ssd"],
    ]);
  });

  for (const [name, list] of Object.entries({
    EBS: "[{name: gp3, provisioner: ebs.csi.aws.com, parameters: {type: gp3}}]",
    Cinder: "[{name: ssd, provisioner: cinder.csi.openstack.org, bindingMode: Immediate}]",
    NFS: "[{name: nfs, provisioner: nfs.csi.k8s.io, parameters: {server: 10.0.0.1, share: /exports}, mountOptions: [nfsvers=4.1]}]",
  })) {
    it(`says what ${name} needs`, async () => {
      const { resources } = await recordStack({ ...dev, set: [`storage.classes=${list}`] });
      assert.equal(plannedObjects(resources).filter(({ kind }) => kind === "StorageClass").length, 1);
    });
  }

  it("makes nothing for a class that exists already", async () => {
    const { resources } = await recordStack({
      ...dev,
      set: ["storage.classes=[{name: standard, existing: true}]", "storage.roles.fast=standard"],
    });
    assert.deepEqual(
      plannedObjects(resources).filter(({ kind }) => kind === "StorageClass"),
      [],
    );
    assert.match(JSON.stringify(plannedReleases(resources)), /"storageClass":"standard"/);
  });

  it("W28: an old volume waits for the claim of its name, and is never deleted with it", async () => {
    const { resources } = await recordStack({ name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") });
    const volume = plannedObjects(resources).find(({ kind }) => kind === "PersistentVolume");
    assert.deepEqual(volume?.manifest["spec"], {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: "20Gi" },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace: "rdm", name: "rdm-data" },
      csi: { driver: "cinder.csi.openstack.org", fsType: "ext4", volumeHandle: "7a4f6a0e-0000-4000-8000-000000000001" },
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "cinder",
    });
    const recorded = resources.find(({ urn }) => urn === volume?.urn);
    assert.deepEqual([recorded?.protect, recorded?.retainOnDelete], [true, true]);
  });

  it("W30: each part can be left out", async () => {
    const parts: [string[], string][] = [
      [["certificates.enabled=false", "certificates.hosts=[]", "gateway.enabled=false"], "cert-manager"],
      [
        [
          "postgresql.enabled=false",
          "postgresql.databases=[]",
          "gateway.enabled=false",
          "keycloak.enabled=false",
          "keycloak.clients=[]",
          "monitoring={}",
        ],
        "postgresql-ha",
      ],
      [["monitoring={serviceMonitors: false}"], "prometheus-operator-crds"],
    ];
    for (const [set, chart] of parts) {
      const { resources } = await recordStack({ ...prod, set });
      assert.ok(!plannedReleases(resources).some((release) => release.chart === chart), chart);
    }
  });
});

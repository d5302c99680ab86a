import assert from "node:assert/strict";
import { parse } from "yaml";
import { volumesOf, volumesYaml } from "../../../plan/volumes/block.ts";
import { complete, configOf, load } from "../../settings/wrong-files.ts";

const live = (name: string, claim: string, source: object, more: object = {}, phase = "Bound") => {
  const [namespace = "", claimName = ""] = claim.split("/");
  return {
    metadata: { name },
    spec: {
      capacity: { storage: "20Gi" },
      accessModes: ["ReadWriteOnce"],
      claimRef: { kind: "PersistentVolumeClaim", namespace, name: claimName },
      storageClassName: "fast",
      ...source,
      ...more,
    },
    status: { phase },
  };
};
const namespaces = new Set(["sysdb", "mp-demo"]);
const of = (...volumes: ReturnType<typeof live>[]) => volumesOf(volumes, namespaces);

describe("volumes of a live cluster as settings", () => {
  it("X10: of a CSI driver, with the driver's attributes and without the mark of its provisioner", () => {
    const attributes = { server: "10.0.0.9", share: "/a", "storage.kubernetes.io/csiProvisionerIdentity": "1-2-nfs" };
    const csi = { driver: "nfs.csi.k8s.io", volumeHandle: "h", volumeAttributes: attributes };
    const { entries, left } = of(live("pvc-1", "mp-demo/shared", { csi }, { accessModes: ["ReadWriteMany"] }));
    assert.deepEqual(left, []);
    assert.deepEqual(entries, [
      {
        name: "pvc-1",
        size: "20Gi",
        accessMode: "ReadWriteMany",
        storageClass: "fast",
        zone: undefined,
        claim: { namespace: "mp-demo", name: "shared" },
        source: {
          ...{ kind: "csi", driver: "nfs.csi.k8s.io", handle: "h", fsType: undefined },
          attributes: { server: "10.0.0.9", share: "/a" },
        },
      },
    ]);
  });

  const replaced: [string, object, object, string | undefined][] = [
    [
      "awsElasticBlockStore with its zone",
      { awsElasticBlockStore: { volumeID: "aws://eu-central-1a/vol-0123", fsType: "ext4" } },
      { kind: "csi", driver: "ebs.csi.aws.com", handle: "vol-0123", fsType: undefined },
      "eu-central-1a",
    ],
    [
      "awsElasticBlockStore by its ID",
      { awsElasticBlockStore: { volumeID: "vol-0123", fsType: "xfs" } },
      { kind: "csi", driver: "ebs.csi.aws.com", handle: "vol-0123", fsType: "xfs" },
      undefined,
    ],
    [
      "cinder with the zone of its nodes",
      {
        cinder: { volumeID: "7a4f6a0e", fsType: "ext4" },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "topology.kubernetes.io/zone", operator: "In", values: ["nova"] }] },
            ],
          },
        },
      },
      { kind: "csi", driver: "cinder.csi.openstack.org", handle: "7a4f6a0e", fsType: undefined },
      "nova",
    ],
  ];
  for (const [name, spec, source, zone] of replaced)
    it(`W28, X10: ${name} becomes a volume of the driver that replaced it`, () => {
      const [entry] = of(live("old", "sysdb/data-pgsqlha-postgresql-0", spec)).entries;
      assert.deepEqual([entry?.source, entry?.zone], [source, zone]);
    });

  it("leaves out other namespaces and volumes without data, and names what cannot be used elsewhere", () => {
    const nfs = { nfs: { server: "10.0.0.9", path: "/a" } };
    const { entries, left } = of(
      live("kept", "mp-demo/b", nfs, {}, "Released"),
      live("other", "other/b", nfs),
      live("failed", "mp-demo/c", nfs, {}, "Failed"),
      live("host", "mp-demo/d", { hostPath: { path: "/x" } }),
      live("bytes", "mp-demo/e", nfs, { capacity: { storage: "1500" } }),
    );
    assert.deepEqual(
      entries.map(({ name }) => name),
      ["kept"],
    );
    assert.deepEqual(left, [
      "mp-demo/d (host): is hostPath, which another cluster cannot mount by its name: copy its files",
      'mp-demo/e (bytes): has the size "1500", which needs a unit Ki, Mi, Gi or Ti',
    ]);
  });

  it("is accepted as settings, and gives the same volumes", () => {
    const csi = { driver: "ebs.csi.aws.com", volumeHandle: "vol-1", fsType: "xfs" };
    const found = of(live("b", "sysdb/b", { csi }), live("a", "sysdb/a", { nfs: { server: "10.0.0.9", path: "/a" } }));
    const yaml = volumesYaml(found, "the context old");
    assert.match(yaml, /^# Volumes of the context old\./);
    const { "groundplan:storage": storage } = parse(yaml) as Record<string, { volumes: { name: string }[] }>;
    assert.deepEqual(
      storage?.volumes.map(({ name }) => name),
      ["a", "b"],
    );
    const settings = load(configOf(complete(`groundplan:storage: ${JSON.stringify(storage)}`)));
    assert.deepEqual(
      settings.storage.volumes.map(({ claim, source }) => [claim.name, source.kind]),
      [
        ["a", "nfs"],
        ["b", "csi"],
      ],
    );
  });
});

import assert from "node:assert/strict";
import { judgeStorage } from "../../../plan/doctor/judgements/storage.ts";
import type { Needs } from "../../../plan/doctor/needs.ts";
import type { Live } from "../../../plan/doctor/probes/kubectl.ts";
import { brief, got, live, modest, refused, said } from "./samples.ts";

const isDefault = { annotations: { "storageclass.kubernetes.io/is-default-class": "true" } };
const ours = { labels: { "groundplan/stack": "prod" } };

const standard = live("standard", { metadata: isDefault });
const fast = live("fast");
const ebs = live("ebs.csi.aws.com");

function needs(classes: Partial<Needs["classes"]>, volumes: Needs["volumes"] = []): Needs {
  return { ...modest, classes: { ...modest.classes, ...classes }, volumes };
}

describe("the doctor's view of storage", () => {
  const made = (name: string, more: object = {}) => ({ name, provisioner: "ebs.csi.aws.com", default: false, ...more });
  const cases: [string, { classes?: Live[]; drivers?: Live[]; volumes?: Live[] }, Needs, string[]][] = [
    ["nothing is asked", { classes: [standard] }, modest, []],
    ["a class that is there", { classes: [fast] }, needs({ existing: ["fast"] }), ["ok storage-classes"]],
    ["a class that is not", { classes: [standard] }, needs({ existing: ["fast"] }), ["fail storage-classes"]],
    ["a default that is there", { classes: [standard] }, needs({ usesDefault: true }), ["ok default-storage-class"]],
    ["no default", { classes: [fast] }, needs({ usesDefault: true }), ["fail default-storage-class"]],
    [
      "two defaults",
      { classes: [standard, live("gp2", { metadata: isDefault })] },
      needs({ usesDefault: true }),
      ["warn default-storage-class"],
    ],
    ["a class to make", { drivers: [ebs] }, needs({ made: [made("fast")] }), ["ok storage-drivers"]],
    ["a class to make without its driver", {}, needs({ made: [made("fast")] }), ["fail storage-drivers"]],
    [
      "a class to make that is taken",
      { classes: [fast], drivers: [ebs] },
      needs({ made: [made("fast")] }),
      ["fail storage-classes", "ok storage-drivers"],
    ],
    [
      "a class that it made",
      { classes: [live("fast", { metadata: ours })], drivers: [ebs] },
      needs({ made: [made("fast")] }),
      ["ok storage-drivers"],
    ],
    ["a class of no CSI driver", {}, needs({ made: [made("nfs", { provisioner: "nfs-provisioner-big" })] }), []],
    [
      "a default to make beside another",
      { classes: [standard], drivers: [ebs] },
      needs({ made: [made("fast", { default: true })], usesDefault: true }),
      ["warn default-storage-class", "ok storage-drivers"],
    ],
    ["a volume that is free", {}, needs({}, [{ name: "rdm" }]), []],
    ["a volume that is somebody's", { volumes: [live("rdm")] }, needs({}, [{ name: "rdm" }]), ["fail volumes"]],
    [
      "a volume that was released",
      { volumes: [live("rdm", { metadata: ours, status: { phase: "Released" } })] },
      needs({}, [{ name: "rdm" }]),
      ["warn volumes"],
    ],
    [
      "a volume that is bound",
      { volumes: [live("rdm", { metadata: ours, status: { phase: "Bound" } })] },
      needs({}, [{ name: "rdm" }]),
      [],
    ],
    [
      "a volume of a driver that is missing",
      {},
      needs({}, [{ name: "rdm", driver: "cinder.csi.openstack.org" }]),
      ["fail storage-drivers"],
    ],
  ];
  for (const [name, { classes = [], drivers = [], volumes = [] }, stack, expected] of cases) {
    it(name, () => assert.deepEqual(brief(judgeStorage(got(classes), got(drivers), got(volumes), stack)), expected));
  }

  it("names what there is, and the command that mends it", () => {
    const words = said(judgeStorage(got([fast]), got([]), got([]), needs({ existing: ["slow"], usesDefault: true })));
    assert.match(words, /no storage class slow; it has fast/);
    assert.match(
      words,
      /kubectl --context ours annotate storageclass fast storageclass\.kubernetes\.io\/is-default-class=true/,
    );
  });

  it("does not know what it may not list", () => {
    const stack = needs({ made: [made("fast")] }, [{ name: "rdm" }]);
    const findings = judgeStorage(refused, refused, refused, stack);
    assert.deepEqual(brief(findings), ["unknown storage-classes", "unknown storage-drivers", "unknown volumes"]);
  });
});

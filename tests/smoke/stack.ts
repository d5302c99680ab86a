import { stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

/** A stack with smoke tests, and with something of each kind to test. */
export const smokeStack: TestStack = {
  ...stackNamed("snapshots"),
  name: "smoke",
  set: [
    ...(stackNamed("snapshots").set ?? []),
    "storage.classes=[{name: ssd, provisioner: csi.vsphere.vmware.com}, {name: there, existing: true}]",
    "storage.roles={fast: ssd, bulk: ssd, shared: nfs-volumes}",
    "certificates.issuers=[{name: own, kind: own-ca}]",
    "midpoint={enabled: true, sharedFolder: {path: /midpoint}}",
  ],
};

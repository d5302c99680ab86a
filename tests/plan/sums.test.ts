import assert from "node:assert/strict";
import { sums } from "../../plan/sums.ts";

describe("sums", () => {
  it("count each replica's containers and claims, and Jobs apart", () => {
    const container = { cpu: "100m", memory: "1Gi" } as const;
    const group = { component: "a", namespace: "n" };
    assert.deepEqual(
      sums([
        {
          ...group,
          name: "sts",
          kind: "StatefulSet",
          replicas: 3,
          containers: [container, container],
          claims: [
            { name: "data", size: "2Gi", storageClass: "ssd" },
            { name: "wal", size: "1Gi" },
          ],
        },
        { ...group, name: "job", kind: "Job", replicas: 1, containers: [container] },
      ]),
      {
        cpu: 600,
        memory: 6 * 2 ** 30,
        pods: 3,
        claims: { "": 3 * 2 ** 30, ssd: 6 * 2 ** 30 },
        jobs: { cpu: 100, memory: 2 ** 30 },
      },
    );
  });
});

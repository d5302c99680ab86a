// Stacks with the longest names that the settings accept, shown whole to a real API server, the objects of their charts included.
import assert from "node:assert/strict";
import { longestNames, settingsWith } from "../longest.ts";
import { stackNamed } from "../stacks.ts";
import { useCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { createDefinitions, Deployment } from "./deployment.ts";

describe("an API server accepts the longest names, without a warning,", function () {
  this.timeout(600_000);
  const stacks = [
    ["kong", "postgresql-ha"],
    ["traefik", "cloudnative-pg"],
  ].map(([kind = "", engine = ""]) => ({
    name: `longest-${kind}`,
    file: stackNamed("prod").file,
    set: settingsWith(longestNames(kind, engine)),
  }));
  const deployments: Deployment[] = [];
  const tried = new Set<string>();
  let cluster: Cluster;

  before(async function () {
    cluster = await useCluster(this);
    for (const stack of stacks) deployments.push(await Deployment.of(cluster, stack));
    const releases = new Map(deployments.flatMap((one) => one.releases).map((release) => [release.chart, release]));
    for (const release of releases.values()) createDefinitions(cluster, release);
  });
  after(() => {
    const namespaces = new Set(deployments.flatMap((deployment) => deployment.namespaces));
    if (namespaces.size > 0) cluster.kubectl(["delete", "--ignore-not-found", "namespaces", ...namespaces]);
  });

  stacks.forEach(({ name }, index) => it(name, () => assert.deepEqual(deployments[index]?.tryOut(tried), [])));
});

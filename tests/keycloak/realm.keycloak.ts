// What the stack deploys of Keycloak, run: its server with its environment, on a real PostgreSQL, with its realm applied by
// keycloak-config-cli. Not proven here: the container image, Kubernetes, two machines.
import assert from "node:assert/strict";
import { stackNamed } from "../stacks.ts";
import { brokered } from "./brokered.ts";
import { deployed } from "./deployed.ts";
import { devRealm } from "./dev-realm.ts";
import { existing } from "./existing.ts";
import { moved } from "./moved.ts";
import { outward } from "./outward.ts";
import { prod, roles } from "./roles.ts";
import { findPrograms } from "./programs.ts";
import { RunningKeycloak } from "./running.ts";
import { secondServer } from "./second-server.ts";
import { worldcerealRealm } from "./worldcereal-realm.ts";

const dev = stackNamed("dev");

describe("a real Keycloak", function () {
  this.timeout(1_200_000);

  let keycloak: RunningKeycloak | undefined;
  const running = () => keycloak ?? assert.fail("no Keycloak runs");

  before(async function () {
    const server = await deployed(dev);
    const found = findPrograms(server.imageTag);
    const missing = "missing" in found ? found.missing : found.configCli === undefined ? "no keycloak-config-cli" : "";
    if ("missing" in found || found.configCli === undefined) {
      console.log(`    skipped: ${missing}`);
      return this.skip();
    }
    keycloak = new RunningKeycloak(server, { ...found, configCli: found.configCli });
    const { startup } = await keycloak.startFirst();
    console.log(
      `    built in ${keycloak.build.toFixed(1)} s; the first server was ready after ${startup.toFixed(1)} s`,
    );
    for (const stack of [dev, prod, stackNamed("worldcereal")]) {
      const { code, text, seconds } = await keycloak.apply(await deployed(stack));
      assert.equal(code, 0, text);
      console.log(`    the realm of ${stack.name} was applied in ${seconds.toFixed(1)} s`);
    }
  });

  after(() => keycloak?.stop());

  it("starts as it was built: no build at the start, and no build option that it ignores", () => {
    assert.doesNotMatch(running().first.log(), /Updating the configuration|build time options|non-optimized/i);
  });

  devRealm(running);
  worldcerealRealm(running);
  roles(running);
  brokered(running);
  outward(running);
  moved(running);
  existing(running);
  // The last, since it ends the first server.
  secondServer(running);
});

// A database with a Keycloak from before the stack.
import assert from "node:assert/strict";
import { stackNamed } from "../stacks.ts";
import { deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

/** Tests of a database without the client of the realm's Job, against the Keycloak that runs then. */
export function existing(running: () => RunningKeycloak): void {
  describe("with a database that does not have the client of the realm's Job", () => {
    let keycloak: RunningKeycloak;
    before(() => {
      keycloak = running();
    });
    const job = () =>
      keycloak.tokenAt("master", {
        grant_type: "client_credentials",
        client_id: keycloak.server.server["KC_BOOTSTRAP_ADMIN_CLIENT_ID"] ?? "",
        client_secret: keycloak.server.server["KC_BOOTSTRAP_ADMIN_CLIENT_SECRET"] ?? "",
      });

    it("creates it in the first pod with Keycloak's own command, and the Job gets in; again, nothing changes", async () => {
      const dev = await deployed({ ...stackNamed("dev"), set: ["keycloak.existingDatabase=true"] });
      const { command, env } = dev.bootstrap ?? assert.fail("no pod creates the client");
      const clients = (await keycloak.administer("GET", "master/clients?clientId=groundplan")) as { id: string }[];
      await keycloak.administer("DELETE", `master/clients/${clients[0]?.id ?? ""}`);
      assert.equal((await job()).status, 401);

      assert.equal(await keycloak.run(command, { ...env, HOSTNAME: "keycloak-1" }), "", "the other pods do nothing");
      assert.equal((await job()).status, 401);
      const first = await keycloak.run(command, { ...env, HOSTNAME: "keycloak-0" });
      assert.match(first, /Created temporary admin service account with client id groundplan/);
      assert.equal((await job()).status, 200);
      const applied = await keycloak.apply(dev);
      assert.equal(applied.code, 0, applied.text);

      const again = await keycloak.run(command, { ...env, HOSTNAME: "keycloak-0", CLIENT_SECRET: "another" });
      assert.match(again, /client with client ID exists/);
      assert.equal((await job()).status, 200);
      for (const text of [first, again]) assert.ok(!text.includes(env["CLIENT_SECRET"] ?? "-"));
    });
  });
}

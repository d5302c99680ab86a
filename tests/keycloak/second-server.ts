// Two servers of Keycloak on one database.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { companyAuthority } from "../cluster/generated.ts";
import { stackNamed } from "../stacks.ts";
import { deployed } from "./deployed.ts";
import type { RunningKeycloak } from "./running.ts";

const worldcereal = stackNamed("worldcereal");

/** Tests of a second server beside the first; the last of them ends the first. */
export function secondServer(running: () => RunningKeycloak): void {
  describe("with a second server", () => {
    let keycloak: RunningKeycloak;
    before(() => {
      keycloak = running();
    });
    const inside = "keycloak-http.keycloak.svc.cluster.local";
    const company = companyAuthority();

    /** What a stack with HTTPS inside the cluster says besides, with a certificate in the form that cert-manager gives. */
    async function withCertificate() {
      const stack = stackNamed("keycloak");
      const asked = Object.entries((await deployed(stack)).server).filter(
        ([name]) => !(name in keycloak.server.server),
      );
      const { chain, key } = company.issue(inside);
      writeFileSync(join(keycloak.folder, "tls.crt"), chain);
      writeFileSync(join(keycloak.folder, "tls.key"), key);
      const moved = asked.map(([name, value]) => [name, value.replace(/^\/certificate/, keycloak.folder)]);
      assert.deepEqual(
        moved.map(([name]) => name),
        ["KC_HTTPS_CERTIFICATE_FILE", "KC_HTTPS_CERTIFICATE_KEY_FILE", "KC_HTTP_MANAGEMENT_SCHEME"],
      );
      return Object.fromEntries(moved) as Record<string, string>;
    }

    it("K04, K05: forms one cluster without multicast, and each serves what the other began", async () => {
      const second = await keycloak.startSecond(await withCertificate());
      console.log(`    the second server was ready after ${second.startup.toFixed(1)} s`);
      for (const { management } of [keycloak.first, second]) {
        const metrics = await (await fetch(`${management}/metrics`)).text();
        const sizes = [...metrics.matchAll(/^vendor_cluster_size\{[^}]*\} ([0-9.]+)/gm)].map(([, size]) =>
          Number(size),
        );
        assert.deepEqual([...new Set(sizes)], [2]);
      }
      assert.match(second.log(), /ISPN000094.*\(2\)/);
      // By TCP, with addresses from the database.
      const { out } = await keycloak.postgres.sql("SELECT count(*) FROM jgroups_ping", "keycloak");
      assert.equal(out.trim(), "2");
    });

    it("K01: answers with TLS to programs in the cluster that trust the issuer, and to others not", async () => {
      const ask = (ca: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const path = "/realms/platform/.well-known/openid-configuration";
          get({ host: "127.0.0.1", port: keycloak.second?.httpsPort, servername: inside, ca, path }, ({ statusCode }) =>
            resolve(statusCode),
          ).once("error", reject);
        });
      assert.equal(await ask(company.root), 200);
      await assert.rejects(ask(companyAuthority().root), /certificate/);
    });

    it("K08: goes on when the other is lost, with its sessions", async () => {
      const other = keycloak.second;
      assert.ok(other !== undefined);
      const wc = await deployed({ ...worldcereal, set: ["rotation.rdm-oidc=2"] });
      const uri = (name: string) => `https://${name}.worldcereal.example.org/oauth2/callback`;
      let at = keycloak.first;
      const agent = keycloak.browser(() => at.url);
      const { tokens } = await keycloak.login(wc, "rdm", uri("rdm"), {
        agent,
        person: keycloak.person("alice"),
        node: other,
      });
      assert.ok(tokens !== undefined);
      await keycloak.first.stop("SIGKILL");
      at = other;
      const secret = wc.clients["rdm"]?.["client-secret"] ?? "";
      const refreshed = await keycloak.tokenAt(
        "worldcereal",
        { grant_type: "refresh_token", client_id: "rdm", client_secret: secret, refresh_token: tokens.refresh_token },
        other,
      );
      assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
      const again = await keycloak.login(wc, "vdm", uri("vdm"), {
        agent,
        person: keycloak.person("alice"),
        node: other,
      });
      assert.ok(again.tokens !== undefined && again.forms === 0, `${again.forms} forms`);
    });
  });
}

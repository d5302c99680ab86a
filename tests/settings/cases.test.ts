// Settings of real situations, in ../shared/cases: what each must give stands in its first lines, and here in one row.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { recordAnew, root } from "../stacks.ts";
import type { StackRecording } from "../stacks.ts";
import { problemsOf } from "./wrong-files.ts";

/** What a case gives: these problems (`KEY: MESSAGE`), or a recording that holds what is asserted. */
type Expected = readonly string[] | ((recording: StackRecording) => void);

const folder = join(root, "../shared/cases");

const cases: Readonly<Record<string, Expected>> = {
  // What else holds for the kinds of these clusters and gateways is in cases-clusters.test.ts.
  // Every client's form of TLS is in tests/postgres/postgres.test.ts.
  "02-external-postgres-tls": ({ resources }) => {
    const text = JSON.stringify(plannedReleases(resources).map(({ values }) => values));
    for (const part of [/"pg_ssl":"on"/, /"ssl_mode":"verify-full"/, /sslmode=verify-full/]) assert.match(text, part);
    assert.match(JSON.stringify(plannedObjects(resources)), /"name":"PGSSLMODE","value":"verify-full"/);
  },
  "08-proxy-protocol": [
    'groundplan:gateway.service.annotations["load-balancer.hetzner.cloud/uses-proxyprotocol"]: makes the load balancer speak PROXY protocol, which the gateway does not understand without proxyProtocol',
  ],
  "09-allow-from-nodeport": [
    "groundplan:gateway.hosts[0].allowFrom: the gateway does not see the client's address: with service.type: NodePort, it sees that of a node",
  ],
  "20-graylog-privileged-port": [
    "groundplan:logging.graylog.inputs[0].port: Graylog's account is not permitted to listen on a port below 1024",
  ],
  "13-login-client-of-keycloaks-own": [
    "groundplan:gateway.hosts[0].login.client: this name is reserved by Keycloak",
    "groundplan:gateway.hosts[1].login.client: this name is reserved by Keycloak",
  ],
  "14-claim-of-a-mappers-name": [
    "groundplan:keycloak.realm.claims[0].claim: every client already has a mapper or claim of this name",
  ],
  "15-database-of-the-servers-own": ["groundplan:keycloak.database: this name is reserved for the database server"],
  "16-certificate-without-san": [
    "groundplan:certificates.hosts[0].certificate: this certificate has no subject alternative name, and browsers ignore the common name",
  ],
};

describe("the cases", () => {
  for (const [name, expected] of Object.entries(cases))
    it(name, async function () {
      const file = join(folder, `${name}.yaml`);
      if (!existsSync(file)) {
        console.log(`      skipped: ${file} is missing`);
        this.skip();
      }
      if (typeof expected === "function") expected(await recordAnew({ name: "dev", file }));
      else
        assert.deepEqual(
          problemsOf(readStackFile(file)).map(({ key, message }) => `${key}: ${message}`),
          expected,
        );
    });
});

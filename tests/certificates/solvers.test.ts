import assert from "node:assert/strict";
import { solverFor } from "../../components/certificates/solvers.ts";

describe("the solver that cert-manager uses", () => {
  const http = { kind: "http01", zones: [] };
  const zone = { kind: "route53", zones: ["example.org"] };
  const part = { kind: "cloudflare", zones: ["b.net", "apps.example.org"] };
  const inZone = { kind: "http01", zones: ["example.org"] };
  for (const [host, solvers, expected] of [
    ["wiki.example.org", [http], http],
    ["wiki.example.org", [http, zone], zone],
    ["example.org", [http, zone], zone],
    ["notexample.org", [http, zone], http],
    ["notexample.org", [zone], undefined],
    ["a.apps.example.org", [zone, part], part],
    ["a.apps.example.org", [inZone, zone], inZone],
    ["*.example.org", [inZone, zone], zone],
    ["*.example.org", [http], undefined],
    ["*.apps.example.org", [http, part], part],
  ] as const)
    it(`for ${host} of ${solvers.map(({ kind, zones }) => `${kind} ${zones.join()}`).join("; ")}`, () => {
      assert.equal(solverFor(host, solvers), expected);
    });
});

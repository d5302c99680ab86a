import assert from "node:assert/strict";
import { solverFor } from "../../components/kit/solvers.ts";

const every = { zones: [] as string[], hosts: [] as string[], labels: {} };
type Choice = { readonly kind: string; readonly labels: object } & Readonly<
  Record<"hosts" | "zones", readonly string[]>
>;
const title = ({ hosts, kind, labels, zones }: Choice) => [kind, ...zones, ...hosts, ...Object.keys(labels)].join(" ");

describe("the solver that cert-manager uses", () => {
  const http = { kind: "http01", ...every };
  const zone = { kind: "route53", ...every, zones: ["example.org"] };
  const part = { kind: "cloudflare", ...every, zones: ["b.net", "apps.example.org"] };
  const inZone = { kind: "http01", ...every, zones: ["example.org"] };
  const named = { kind: "acmedns", ...every, hosts: ["wiki.example.org", "*.example.org"] };
  const namedInZone = { ...named, zones: ["example.org"] };
  const namedElsewhere = { ...named, zones: ["example.net"] };
  const labelled = { kind: "webhook", ...every, labels: { dns: "own" } };
  const labelledInZone = { ...labelled, zones: ["example.org"] };
  for (const [host, solvers, expected, labels] of [
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
    // A name is above the longest zone, whatever the order.
    ["wiki.example.org", [zone, named], named],
    ["wiki.example.org", [named, zone], named],
    ["*.example.org", [zone, named], named],
    ["chat.example.org", [named, zone], zone],
    ["chat.example.org", [named], undefined],
    // Of two names, the one with a zone; both parts of a selector must match.
    ["wiki.example.org", [named, namedInZone], namedInZone],
    ["wiki.example.org", [namedElsewhere, zone], zone],
    // Labels decide last.
    ["wiki.example.org", [http, labelled], http],
    ["wiki.example.org", [http, labelled], labelled, { dns: "own", team: "a" }],
    ["wiki.example.org", [zone, labelled], zone, { dns: "own" }],
    ["wiki.example.org", [zone, labelledInZone], labelledInZone, { dns: "own" }],
    ["wiki.example.org", [labelled], undefined, { dns: "other" }],
    ["wiki.example.org", [labelledInZone, named], named, { dns: "own" }],
  ] as const)
    it(`for ${host} of ${solvers.map((solver) => title(solver)).join("; ")}${labels === undefined ? "" : ` with ${JSON.stringify(labels)}`}`, () => {
      assert.equal(solverFor<(typeof solvers)[number]>(host, solvers, labels), expected);
    });
});

import { definition } from "../good.ts";
import { object, one } from "../draft.ts";
import type { Loose } from "../draft.ts";
import type { Case } from "./case.ts";

const certificate = "Certificate app/web-tls";

/** A certificate for some names, and the solvers of its issuer. */
const issued = (name: string, dnsNames: string[], solvers: Loose[], finds: RegExp[], labels: Loose = {}): Case => ({
  id: "GP111",
  name,
  when: (draft) => {
    const { manifest } = one(draft, certificate);
    Object.assign(manifest.spec, {
      dnsNames: ["web.example.org", ...dnsNames],
      issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "acme" },
    });
    Object.assign(manifest.metadata.labels, labels);
    draft.objects.push(
      definition("cert-manager.io", "ClusterIssuer"),
      object("cert-manager.io/v1", "ClusterIssuer", "acme", { spec: { acme: { solvers } } }),
    );
  },
  finds: finds.map((message) => [certificate, message]),
  also: ["GP091"],
});

const dns = { dns01: { cloudflare: {} } };
const podTemplate = { spec: { priorityClassName: "test" } };
const http = { http01: { ingress: { podTemplate } } };

/** Cases of plan/checks/issuers.ts. */
export const issuerCases: readonly Case[] = [
  issued("a wildcard by DNS", ["*.example.org"], [http, dns], []),
  issued(
    "a wildcard by HTTP-01",
    ["*.example.org"],
    [http],
    [/\*\.example\.org, which no solver of the ClusterIssuer/],
  ),
  issued(
    "an alias in no zone",
    ["web.example.net"],
    [{ ...http, selector: { dnsZones: ["example.org"] } }],
    [/is for web\.example\.net/],
  ),
  issued(
    "a name that a solver lists",
    ["a.example.org"],
    [{ ...dns, selector: { dnsNames: ["a.example.org"] } }],
    [/is for web\.example\.org/],
  ),
  issued("labels", [], [{ ...dns, selector: { matchLabels: { dns: "own" } } }], [], { dns: "own" }),
  issued("other labels", [], [{ ...dns, selector: { matchLabels: { dns: "own" } } }], [/web\.example\.org/]),
  {
    id: "GP111",
    name: "an issuer that is missing",
    when: (draft) => (one(draft, certificate).manifest.spec.issuerRef = { name: "acme" }),
    finds: [[certificate, /needs the Issuer acme/]],
  },
  {
    id: "GP111",
    name: "an issuer of a chart that was not rendered",
    when: (draft) => {
      one(draft, certificate).manifest.spec.issuerRef = { name: "acme" };
      draft.notRendered.push({ release: "app/operator", reason: "" });
    },
    finds: [],
  },
];

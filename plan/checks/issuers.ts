import { solverFor } from "../../components/kit/solvers.ts";
import { at, record, records, text, textMap, texts } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../objects.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf, objectName } from "./inventory.ts";

/** The check that certificates can be issued. */
export const issuerChecks: readonly Check[] = [
  {
    id: "GP111",
    title: "Every certificate has an issuer that can prove its names",
    severity: "error",
    reason:
      "Without its issuer, or a solver whose selector matches each name, a certificate is never issued, and no error stops the update.",
    fix: "Add a solver for the name to the issuer, or use another issuer. HTTP-01 cannot prove wildcards.",
    examine: certificates,
  },
];

function certificates(plan: Plan): Examination {
  const examination = new Examination();
  const { complete, get, ofKind } = inventoryOf(plan);
  for (const certificate of ofKind("Certificate").filter(isOfCertManager)) {
    const { manifest, namespace } = certificate;
    const { group = "cert-manager.io", kind = "Issuer", name } = record(at(manifest, "spec", "issuerRef"));
    // Other groups belong to issuers that are installed separately.
    if (group !== "cert-manager.io" || typeof name !== "string") continue;
    const cluster = kind === "ClusterIssuer";
    const issuer = get(cluster ? "ClusterIssuer" : "Issuer", cluster ? undefined : namespace, name);
    if (issuer === undefined && !complete) continue;
    examination.look(objectName(certificate));
    if (issuer === undefined)
      examination.find(objectName(certificate), `needs the ${String(kind)} ${name}, which is missing in the plan`);
    else for (const message of unproven(certificate, issuer)) examination.find(objectName(certificate), message);
  }
  return examination;
}

function isOfCertManager({ apiVersion }: PlannedObject): boolean {
  return apiVersion.startsWith("cert-manager.io/");
}

/** The names of a certificate for which an ACME issuer has no solver. */
function unproven({ manifest }: PlannedObject, issuer: PlannedObject): string[] {
  const acme = at(issuer.manifest, "spec", "acme");
  if (acme === undefined) return [];
  const solvers = records(at(acme, "solvers")).map(({ http01, selector }) => ({
    kind: http01 === undefined ? "dns01" : "http01",
    zones: texts(at(selector, "dnsZones")),
    hosts: texts(at(selector, "dnsNames")),
    labels: textMap(at(selector, "matchLabels")),
  }));
  // An order has the labels of its certificate (cert-manager, `pkg/controller/certificaterequests/acme`).
  const labels = textMap(at(manifest, "metadata", "labels"));
  const names = [
    ...new Set([text(at(manifest, "spec", "commonName")) ?? [], texts(at(manifest, "spec", "dnsNames"))].flat()),
  ];
  return names
    .filter((name) => solverFor(name, solvers, labels) === undefined)
    .map((name) => `is for ${name}, which no solver of the ${issuer.kind} ${issuer.name} can prove`);
}

import { releaseName } from "../../../components/certificates/cert-manager.ts";
import { parseNameserver } from "../../../components/kit/nameserver.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { either, together } from "./violation.ts";
import type { Violation } from "./violation.ts";

type Issuer = ParsedSettings["certificates"]["issuers"][number];
type Solver = Extract<Issuer, { kind: "acme" }>["solvers"][number];
type Of<Kind extends Solver["kind"]> = Extract<Solver, { kind: Kind }>;
type Identity = NonNullable<ParsedSettings["certificates"]["identity"]>["kind"];

const identityPath: Path = ["certificates", "identity"];

/** Every solver of ACME issuers with its path. */
function solversOf({ certificates }: ParsedSettings): { solver: Solver; at: Path; issuer: string }[] {
  return certificates.issuers.flatMap((issuer, index) =>
    issuer.kind !== "acme"
      ? []
      : issuer.solvers.map((solver, number) => ({
          solver,
          issuer: issuer.name,
          at: ["certificates", "issuers", index, "solvers", number],
        })),
  );
}

/** The credentials of solvers: complete, and one way to authenticate. */
export function solverCredentials(settings: ParsedSettings): Violation[] {
  return solversOf(settings).flatMap(({ solver, at }) => {
    switch (solver.kind) {
      case "route53":
        return route53(solver, at);
      case "azuredns":
        return azuredns(solver, at);
      case "rfc2136":
        return rfc2136(solver, at);
      default:
        return [];
    }
  });
}

function route53(solver: Of<"route53">, at: Path): Violation[] {
  const { accessKeyId, role, serviceAccount } = solver;
  return [
    ...together(solver, at, ["accessKeyId", "secretAccessKeySecret"]),
    ...(serviceAccount !== undefined && role === undefined
      ? [
          {
            path: [...at, "role"],
            message: "is required with serviceAccount",
            accepts: "the ARN of the role that the tokens of the ServiceAccount assume",
            fix: { remove: [...at, "serviceAccount"] },
          },
        ]
      : []),
    ...(serviceAccount !== undefined && accessKeyId !== undefined
      ? [either(solver, at, "serviceAccount", "accessKeyId")]
      : []),
    ...(serviceAccount !== undefined && isOfChart(serviceAccount)
      ? [
          {
            path: [...at, "serviceAccount"],
            message: "this ServiceAccount exists already",
            got: shown(serviceAccount),
            accepts: "a name that no other ServiceAccount of the namespace cert-manager has",
            fix: { set: "route53" },
          },
        ]
      : []),
  ];
}

/** The ServiceAccounts of cert-manager's chart, and that of every namespace. */
function isOfChart(name: string): boolean {
  const parts = ["cainjector", "startupapicheck", "webhook"].map((part) => `${releaseName}-${part}`);
  return ["default", releaseName, ...parts].includes(name);
}

/** cert-manager's own rules (`internal/apis/certmanager/validation/issuer.go`). */
function azuredns(solver: Of<"azuredns">, at: Path): Violation[] {
  const { managedIdentity } = solver;
  const principal = ["clientId", "tenantId", "clientSecretSecret"] as const;
  const incomplete = together(solver, at, principal);
  if (incomplete.length > 0 || managedIdentity === undefined) return incomplete;
  if (solver.clientId !== undefined) return [either(solver, at, "managedIdentity", "clientId")];
  const path = [...at, "managedIdentity"];
  if (managedIdentity.resourceId !== undefined && managedIdentity.clientId !== undefined)
    return [either(managedIdentity, path, "resourceId", "clientId")];
  if (managedIdentity.resourceId !== undefined && managedIdentity.tenantId !== undefined)
    return [either(managedIdentity, path, "resourceId", "tenantId")];
  if (managedIdentity.clientId === undefined && managedIdentity.resourceId === undefined)
    return [
      {
        path: [...path, "clientId"],
        message: "clientId or resourceId is required in managedIdentity",
        accepts: "the client ID of a managed identity",
        fix: { remove: path },
      },
    ];
  return [];
}

/** A name server that takes dynamic updates, and the key that signs them. */
interface Updates {
  readonly nameserver: string;
  readonly tsigAlgorithm?: string;
  readonly tsigKeyName?: string;
  readonly tsigKeySecret?: string;
}

/** Dynamic updates: a complete key, and a port that exists. */
export function rfc2136(updates: Updates, at: Path): Violation[] {
  const { nameserver, tsigAlgorithm, tsigKeyName, tsigKeySecret } = updates;
  const { port } = parseNameserver(nameserver);
  return [
    ...together(updates, at, ["tsigKeyName", "tsigKeySecret"]),
    ...(tsigAlgorithm !== undefined && tsigKeyName === undefined && tsigKeySecret === undefined
      ? [
          {
            path: [...at, "tsigAlgorithm"],
            message: "has no effect without tsigKeyName and tsigKeySecret",
            got: shown(tsigAlgorithm),
            accepts: "an algorithm together with a TSIG key",
            fix: { remove: [...at, "tsigAlgorithm"] },
          },
        ]
      : []),
    ...(port > 65_535
      ? [
          {
            path: [...at, "nameserver"],
            message: "the port is out of range",
            got: shown(nameserver),
            accepts: "a port from 1 to 65535",
            fix: { set: nameserver.replace(/:\d+$/, ":53") },
          },
        ]
      : []),
  ];
}

/** The identities with which each solver works if it has no key of its own; undefined if it has one. */
function identitiesFor(solver: Solver): readonly Identity[] | undefined {
  switch (solver.kind) {
    case "route53":
      return (solver.accessKeyId ?? solver.secretAccessKeySecret ?? solver.serviceAccount)
        ? undefined
        : ["irsa", "pod-identity", "node"];
    case "azuredns":
      if (solver.clientId ?? solver.clientSecretSecret ?? solver.tenantId) return undefined;
      // A workload identity has no resource ID (azidentity, `WorkloadIdentityCredentialOptions`).
      return solver.managedIdentity?.resourceId === undefined ? ["azure-workload-identity", "node"] : ["node"];
    case "clouddns":
      return solver.serviceAccountSecret === undefined ? ["gke-workload-identity", "node"] : undefined;
    default:
      return undefined;
  }
}

/** The keys with which a solver needs no identity. */
const ownKeys = {
  route53: "accessKeyId and secretAccessKeySecret, or serviceAccount and role",
  azuredns: "clientId, tenantId and clientSecretSecret",
  clouddns: "serviceAccountSecret",
} as const;

/** Solvers without a key and cert-manager's identity in their cloud: each needs the other. */
export function cloudIdentities(settings: ParsedSettings): Violation[] {
  const { enabled, identity } = settings.certificates;
  const solvers = solversOf(settings);
  if (enabled && identity !== undefined && solvers.every(({ solver }) => identitiesFor(solver) === undefined))
    return [
      {
        path: identityPath,
        message: "has no effect: no DNS solver gets its credentials from the cloud",
        got: shown(identity),
        accepts: `a value only with a solver of kind ${Object.keys(ownKeys).join(", ")} without a key`,
        fix: { remove: identityPath },
        relies: [["certificates", "issuers"]],
      },
    ];
  return solvers.flatMap(({ solver, at }): Violation[] => {
    const kinds = identitiesFor(solver);
    if (kinds === undefined || (identity !== undefined && kinds.includes(identity.kind))) return [];
    const keys = ownKeys[solver.kind as keyof typeof ownKeys];
    return [
      {
        path: [...at, "kind"],
        message: `has no credentials: it has no key, and certificates.identity is ${identity === undefined ? "not set" : `of kind ${identity.kind}`}`,
        got: shown(solver.kind),
        accepts: `${keys}, or certificates.identity of kind ${kinds.join(", ")}`,
        fix:
          identity === undefined && kinds.length > 1
            ? { set: kinds[1] ?? "node", at: [...identityPath, "kind"] }
            : `set ${keys} of this solver`,
        relies: [at, identityPath],
      },
    ];
  });
}

/** Keys of webhooks in the Secret of one issuer: a key has one value. */
export function webhookSecrets(settings: ParsedSettings): Violation[] {
  const values = new Map<string, string>();
  return solversOf(settings).flatMap(({ solver, at, issuer }) =>
    solver.kind !== "webhook"
      ? []
      : Object.entries(solver.secrets).flatMap(([key, name]): Violation[] => {
          const id = `${issuer}/${key}`;
          const other = values.get(id) ?? name;
          values.set(id, other);
          if (other === name) return [];
          return [
            {
              path: [...at, "secrets", key],
              message: "another solver of this issuer has this key with another secret",
              got: shown(key),
              accepts: "each key once, or with the same secret",
              fix: "use another key here and in config",
            },
          ];
        }),
  );
}

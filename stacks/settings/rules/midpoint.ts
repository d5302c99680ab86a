import { compare } from "../../../components/kit/stable.ts";
import { ownVariables } from "../../../components/midpoint/environment.ts";
import { KeystoreError } from "../../../components/midpoint/keystore-error.ts";
import { largestConfigMap, objectFileForm, sizeOf } from "../../../components/midpoint/objects.ts";
import type { ObjectFile } from "../../../components/midpoint/objects.ts";
import { splitPem } from "../../../components/midpoint/pem.ts";
import { xmlProblem } from "../../../components/midpoint/xml.ts";
import { parseBytes } from "../../../components/kit/quantities.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { beyond, lowLimit, needsIdentityProvider, needsSwitch, repeated } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["midpoint", ...rest];

/** What midPoint needs, and what the nodes of a cluster must share. */
export function midpointCluster(settings: ParsedSettings): Violation[] {
  const { keycloak, midpoint, postgresql } = settings;
  const { clustered, files, keystore, login, nodeIdSource, replicas, sharedFolder } = midpoint;
  const violations: Violation[] = [];
  if (!postgresql.enabled)
    violations.push(
      needsSwitch(at("enabled"), "midPoint needs PostgreSQL, but postgresql.enabled is false", [
        "postgresql",
        "enabled",
      ]),
    );
  if (login === "platform" && !keycloak.enabled)
    violations.push(needsIdentityProvider(at("login"), login, "form, or platform with keycloak.enabled: true"));
  if (replicas > 1) {
    const shared = [
      ["clustered", clustered, true, "need a cluster to share tasks and to notify each other of changes"],
      ["nodeIdSource", nodeIdSource !== "none", "hostname", "need different names in the cluster"],
      ["keystore.source", keystore.source !== "own", "state", "need the same keys to decrypt each other's data"],
    ] as const;
    for (const [name, holds, value, why] of shared) {
      const path = at(...name.split("."));
      if (!holds)
        violations.push({
          path,
          message: `${replicas} nodes ${why}`,
          got: shown({ clustered, nodeIdSource, "keystore.source": keystore.source }[name]),
          accepts: `${String(value)}${name === "keystore.source" ? " or shared" : ""}, or midpoint.replicas: 1`,
          fix: { set: value },
          relies: [at("replicas")],
        });
    }
  }
  const own = ownVariables();
  for (const name of Object.keys(midpoint.environment).filter((one) => own.includes(one)))
    violations.push({
      path: at("environment", name),
      message: "the stack sets this variable itself",
      accepts: `variables other than ${own.sort(compare).join(", ")}`,
      fix: { remove: at("environment", name) },
    });
  const inFolder = [
    ...(keystore.source === "shared" ? [at("keystore", "source")] : []),
    ...Object.entries(files).flatMap(([kind, place]) => (place === "shared" ? [at("files", kind)] : [])),
  ];
  if (sharedFolder === undefined)
    violations.push(
      ...inFolder.map((path) => ({
        path,
        message: "needs a shared folder, but midpoint.sharedFolder is not set",
        got: shown("shared"),
        accepts: "shared with midpoint.sharedFolder, or another value",
        fix: { remove: path },
        relies: [at("sharedFolder")],
      })),
    );
  return violations;
}

/** The maximum share of the memory limit for the heap: classes, code, threads and buffers need the rest. */
const heapShare = 0.8;

/** Sizes that depend on each other. */
export function midpointSizes({ midpoint }: ParsedSettings): Violation[] {
  const { heap, resources } = midpoint;
  const [initial, maximum] = [parseBytes(heap.initial), parseBytes(heap.maximum)];
  const limit = parseBytes(resources.memoryLimit);
  const most = `${Math.floor((limit * heapShare) / 2 ** 20)}Mi`;
  const low = lowLimit(at("resources"), resources);
  if (low.length > 0) return low;
  if (maximum > limit * heapShare)
    return [
      {
        path: at("heap", "maximum"),
        message:
          "is too large for the memory limit: Java also needs memory outside of the heap, and would be OOM-killed under load",
        got: shown(heap.maximum),
        accepts: `at most ${most}, which is 80 % of midpoint.resources.memoryLimit (${resources.memoryLimit})`,
        fix: { set: most },
        relies: [at("resources"), at("heap", "initial")],
      },
    ];
  if (initial > maximum)
    return [
      beyond(at("heap", "initial"), "is more than the maximum", heap.initial, "at most", ["maximum", heap.maximum]),
    ];
  return [];
}

/** Certificates that midPoint trusts: each from one source, and valid for a keystore. */
export function midpointTrust({ midpoint }: ParsedSettings): Violation[] {
  return [
    ...repeated(
      midpoint.trust,
      ({ name }) => name,
      (_, index) => ({
        path: at("trust", index, "name"),
        message: "this name is listed twice",
        accepts: "each name once",
        fix: "rename or remove it",
      }),
    ),
    ...midpoint.trust.flatMap(({ certificate, certificateSecret }, index): Violation[] => {
      const path = at("trust", index, "certificate");
      if (certificate === undefined)
        return certificateSecret === undefined
          ? [
              {
                path,
                message: "certificate or certificateSecret is required",
                accepts: "certificates in PEM, or the name of a secret with them",
                fix: { secret: at("trust", index, "certificateSecret") },
                relies: [at("trust", index, "certificateSecret")],
              },
            ]
          : [];
      if (certificateSecret !== undefined)
        return [
          {
            path: at("trust", index, "certificateSecret"),
            message: "cannot be combined with certificate",
            got: shown(certificateSecret),
            accepts: "either certificate or certificateSecret",
            fix: { remove: at("trust", index, "certificateSecret") },
          },
        ];
      const problem = pemProblem(certificate);
      return problem === undefined
        ? []
        : [
            {
              path,
              message: problem,
              got: "a string",
              accepts: "certificates in PEM",
              fix: "copy the certificates again",
            },
          ];
    }),
  ];
}

function pemProblem(bundle: string): string | undefined {
  try {
    splitPem(bundle);
    return undefined;
  } catch (error) {
    if (!(error instanceof KeystoreError)) throw error;
    return error.problems.map(({ message }) => message).join("; ");
  }
}

/** Post-initial objects: a folder with well-formed XML. `files` is undefined if the folder does not exist. */
export function midpointObjects({ midpoint }: ParsedSettings, files: readonly ObjectFile[] | undefined): Violation[] {
  const { enabled, objects } = midpoint;
  if (!enabled || objects === undefined) return [];
  const violation = (message: string, accepts: string, fix: string): Violation[] => [
    { path: at("objects"), message, got: shown(objects), accepts, fix },
  ];
  if (files === undefined)
    return violation(
      "the folder does not exist",
      "a folder relative to the project",
      "create the folder, or correct the path",
    );
  const problems = files.flatMap((file) => {
    const found = fileProblem(file);
    return found === undefined ? [] : [`${objects}/${file.name}${found}`];
  });
  if (files.length === 0)
    return violation("the folder contains no XML files", "a folder with files such as 100-roles.xml", "add the files");
  if (problems.length === 0) return [];
  return violation(
    problems.join("; "),
    "well-formed XML in files named such as 100-roles.xml, each below 1 MB",
    "correct the files",
  );
}

/** The problem with a file, with its line and column. */
function fileProblem(file: ObjectFile): string | undefined {
  if (!objectFileForm.test(file.name)) return ": the name does not start with three digits and a hyphen";
  const found = xmlProblem(file.text);
  if (found !== undefined) return `:${found.line}:${found.column}: ${found.message}`;
  return sizeOf(file) > largestConfigMap
    ? `: has ${sizeOf(file)} bytes, but a ConfigMap can hold ${largestConfigMap} at most`
    : undefined;
}

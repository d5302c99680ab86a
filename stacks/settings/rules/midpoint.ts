import { mostKeys, midPointCredentials } from "../../../components/midpoint/credentials.ts";
import { KeystoreError } from "../../../components/midpoint/keystore-error.ts";
import { largestConfigMap, objectFileForm, sizeOf } from "../../../components/midpoint/objects.ts";
import type { ObjectFile } from "../../../components/midpoint/objects.ts";
import { splitPem } from "../../../components/midpoint/pem.ts";
import { xmlProblem } from "../../../components/midpoint/xml.ts";
import { parseBytes } from "../../../components/kit/quantities.ts";
import { rotationNumbers } from "../derive.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { beyond, lowLimit, needsSwitch, repeated } from "./finding.ts";
import type { Finding } from "./finding.ts";

const at = (...rest: PropertyKey[]): Path => ["midpoint", ...rest];

/** What midPoint stands on, and what nodes of one cluster share. */
export function midpointCluster(settings: ParsedSettings): Finding[] {
  const { keycloak, midpoint, postgresql } = settings;
  const { clustered, enabled, files, keystore, login, nodeIdSource, replicas, sharedFolder } = midpoint;
  if (!enabled) return [];
  const findings: Finding[] = [];
  if (!postgresql.enabled)
    findings.push(needsSwitch(at("enabled"), "midPoint without a database server", ["postgresql", "enabled"]));
  if (login === "platform" && !keycloak.enabled)
    findings.push({
      path: at("login"),
      message: "there is no identity provider to log in at",
      got: shown(login),
      accepts: "keycloak.enabled: true with it, or form",
      fix: { remove: at("login") },
      relies: [["keycloak", "enabled"]],
    });
  if (replicas > 1) {
    const shared = [
      ["clustered", clustered, true, "do not share tasks, and each keeps what the others have changed"],
      ["nodeIdSource", nodeIdSource !== "none", "hostname", "need a name of their own each"],
      [
        "keystore.source",
        keystore.source !== "own",
        "state",
        "each make keys of their own, and read nothing of each other",
      ],
    ] as const;
    for (const [name, holds, value, why] of shared) {
      const path = at(...name.split("."));
      if (!holds)
        findings.push({
          path,
          message: `${replicas} nodes ${why}`,
          got: shown({ clustered, nodeIdSource, "keystore.source": keystore.source }[name]),
          accepts: `${String(value)}${name === "keystore.source" ? " or shared" : ""}, or midpoint.replicas: 1`,
          fix: { set: value },
          relies: [at("replicas")],
        });
    }
  }
  const inFolder = [
    ...(keystore.source === "shared" ? [at("keystore", "source")] : []),
    ...Object.entries(files).flatMap(([kind, place]) => (place === "shared" ? [at("files", kind)] : [])),
  ];
  if (sharedFolder === undefined)
    findings.push(
      ...inFolder.map((path) => ({
        path,
        message: "there is no shared folder",
        got: shown("shared"),
        accepts: "midpoint.sharedFolder with it, or another value",
        fix: { remove: path },
        relies: [at("sharedFolder")],
      })),
    );
  return findings;
}

/** The part of a limit that a heap may take: classes, code, threads and buffers need the rest. */
const heapShare = 0.8;

/** Sizes that must fit each other. */
export function midpointSizes({ midpoint }: ParsedSettings): Finding[] {
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
        message: "leaves Java no memory beside the heap, and the kernel would kill it under load",
        got: shown(heap.maximum),
        accepts: `at most ${most}, four fifths of midpoint.resources.memoryLimit, which is ${resources.memoryLimit}`,
        fix: { set: most },
        relies: [at("resources"), at("heap", "initial")],
      },
    ];
  if (initial > maximum)
    return [
      beyond(at("heap", "initial"), "is above the heap's maximum", heap.initial, "at most", ["maximum", heap.maximum]),
    ];
  return [];
}

/** Certificates that midPoint trusts: each from one place, and such that a keystore can hold them. */
export function midpointTrust({ midpoint }: ParsedSettings): Finding[] {
  return [
    ...repeated(
      midpoint.trust,
      ({ name }) => name,
      (_, index) => ({
        path: at("trust", index, "name"),
        message: "this name is given twice",
        accepts: "each name once",
        fix: "give one of the two another name",
      }),
    ),
    ...midpoint.trust.flatMap(({ certificate, certificateSecret }, index): Finding[] => {
      const path = at("trust", index, "certificate");
      if (certificate === undefined)
        return certificateSecret === undefined
          ? [
              {
                path,
                message: "is missing, and so is certificateSecret",
                accepts: "certificates in PEM, or the name of the secret with them",
                fix: { secret: at("trust", index, "certificateSecret") },
                relies: [at("trust", index, "certificateSecret")],
              },
            ]
          : [];
      if (certificateSecret !== undefined)
        return [
          {
            path: at("trust", index, "certificateSecret"),
            message: "says the same as certificate beside it",
            got: shown(certificateSecret),
            accepts: "one of the two",
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
              got: "a text",
              accepts: "certificates in PEM",
              fix: "copy the certificates anew",
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

/** Keys of a keystore are added one at a time, not by the thousand. */
export function midpointKeys(settings: ParsedSettings): Finding[] {
  const { name } = midPointCredentials.keys;
  const number = rotationNumbers(settings)[name] ?? 1;
  if (number <= mostKeys) return [];
  const own = settings.rotation[name] !== undefined;
  return [
    {
      path: ["rotation", own ? name : "all"],
      message: `is the number of midPoint's keys${own ? "" : " too"}, and a keystore holds ${mostKeys}`,
      got: shown(number),
      accepts: own ? `1 to ${mostKeys}` : `1 to ${mostKeys}, or a number of its own for ${name}`,
      fix: own ? { remove: ["rotation", name] } : { set: 1, at: ["rotation", name] },
    },
  ];
}

/** Post-initial objects: a folder of well-formed XML. `files` is undefined where there is no such folder. */
export function midpointObjects({ midpoint }: ParsedSettings, files: readonly ObjectFile[] | undefined): Finding[] {
  const { enabled, objects } = midpoint;
  if (!enabled || objects === undefined) return [];
  const finding = (message: string, accepts: string, fix: string): Finding[] => [
    { path: at("objects"), message, got: shown(objects), accepts, fix },
  ];
  if (files === undefined)
    return finding(
      "there is no such folder",
      "a folder relative to the project",
      "make the folder, or correct its path",
    );
  const problems = files.flatMap((file) => {
    const found = fileProblem(file);
    return found === undefined ? [] : [`${objects}/${file.name}${found}`];
  });
  if (files.length === 0)
    return finding("the folder has no XML file", "a folder with files such as 100-roles.xml", "add the files");
  if (problems.length === 0) return [];
  return finding(
    problems.join("; "),
    "well-formed XML in files named such as 100-roles.xml, each below 1 MB",
    "correct the files",
  );
}

/** What is wrong with a file, with the place in it. */
function fileProblem(file: ObjectFile): string | undefined {
  if (!objectFileForm.test(file.name)) return ": the name does not begin with three digits and a hyphen";
  const found = xmlProblem(file.text);
  if (found !== undefined) return `:${found.line}:${found.column}: ${found.message}`;
  return sizeOf(file) > largestConfigMap
    ? `: has ${sizeOf(file)} bytes, and a ConfigMap holds ${largestConfigMap}`
    : undefined;
}

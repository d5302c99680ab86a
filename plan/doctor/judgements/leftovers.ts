import { answered, counted, listed, notKnown } from "../finding.ts";
import type { Answer, Finding } from "../finding.ts";
import type { Needs } from "../needs.ts";
import type { Live, Row } from "../probes/kubectl.ts";

const area = "left behind";

type Asked = Pick<Needs, "namespaces" | "releases" | "stack" | "kubectl" | "helm">;

/** What an interrupted run left in the cluster, each with what mends it (docs/recovery.md). */
export function judgeLeftovers(
  answers: {
    readonly releases: Answer<readonly Row[]>;
    readonly namespaces: Answer<readonly Live[]>;
    readonly jobs: Answer<readonly Live[]>;
  },
  needs: Asked,
): readonly Finding[] {
  const findings = [
    ...judgeRecords(answers.releases, needs),
    ...judgeTerminating(answers.namespaces, needs),
    ...judgeJobs(answers.jobs, needs),
  ];
  return findings.length > 0 ? findings : [{ check: "leftovers", area, level: "ok", found: "nothing in the cluster" }];
}

interface HelmRecord {
  readonly namespace: string;
  readonly secret: string;
  readonly release: string;
  readonly status: string;
  readonly revision: number;
}

/** Helm's records of the stack's releases whose last word is a failure or an operation that never ended. */
function judgeRecords(rows: Answer<readonly Row[]>, { releases, stack, kubectl, helm }: Asked): Finding[] {
  const check = "helm-records";
  if (!answered(rows)) return [notKnown(check, area, "Helm's records", rows.why)];
  const records = rows.got.flatMap(recordOf);
  return releases.flatMap(({ namespace, name }): Finding[] => {
    const own = records.filter((record) => record.namespace === namespace && record.release === name);
    const last = own.toSorted((a, b) => b.revision - a.revision)[0];
    if (last === undefined || last.status === "deployed") return [];
    const deployed = own.some(({ status }) => status === "deployed");
    const forget = `${kubectl} delete secret ${last.secret} -n ${namespace}`;
    const up = `npx pulumi up --stack ${stack}`;
    if (last.status === "failed") {
      return [
        {
          check,
          area,
          level: "fail",
          found: `the release ${namespace}/${name} failed at revision ${last.revision}`,
          needed: deployed ? "its last good revision" : "no record of it: an atomic update over a failed one fails too",
          fix: deployed ? "go back to the last good revision" : "see why, forget the record, then up",
          commands: deployed
            ? [`${helm} rollback ${name} -n ${namespace} --wait`, `${up} --refresh`]
            : [`${kubectl} get events,pods -n ${namespace}`, forget, up],
        },
      ];
    }
    return [
      {
        check,
        area,
        level: "fail",
        found: `Helm was interrupted: ${namespace}/${name} is ${last.status} at revision ${last.revision}`,
        needed: "no operation under way; a plug-in of a killed run may still finish it within minutes",
        fix: "make sure that no run goes on, mend this one record, then up: it takes over what is there",
        commands: [last.status === "uninstalling" ? `${helm} uninstall ${name} -n ${namespace}` : forget, up],
      },
    ];
  });
}

/** A row of `kubectl get secrets`: namespace, name, type, number of keys, age, and the labels name, status and version. */
function recordOf(row: Row): HelmRecord[] {
  const [namespace = "", secret = "", type = "", , , release = "", status = "", version = ""] = row;
  const revision = Number(version);
  if (!type.startsWith("helm.sh/release") || Number.isNaN(revision)) return [];
  return [{ namespace, secret, release, status, revision }];
}

/** Namespaces that do not go away, with what holds each: a finalizer that nobody serves. */
function judgeTerminating(namespaces: Answer<readonly Live[]>, needs: Asked): Finding[] {
  if (!answered(namespaces)) return [];
  return namespaces.got.flatMap(({ metadata, status }): Finding[] => {
    if (metadata.deletionTimestamp === undefined || !needs.namespaces.includes(metadata.name)) return [];
    const { name } = metadata;
    const { conditions = [] } = (status ?? {}) as {
      conditions?: readonly { type?: string; status?: string; message?: string }[];
    };
    const held = conditions.filter(({ type, status: now }) => now === "True" && /Remaining/.test(type ?? ""));
    const said = held.map(({ message = "" }) => message).join("; ");
    const { kubectl } = needs;
    const kinds = remainingKinds(said);
    return [
      {
        check: "terminating-namespaces",
        area,
        level: "fail",
        found: `the namespace ${name} does not end${said === "" ? "" : `: ${said}`}`,
        needed: "a namespace that is gone, or stands",
        fix: "find what remains; take its finalizers only once you know that nothing needs them",
        commands:
          kinds.length === 0
            ? [`${kubectl} get namespace ${name} -o jsonpath='{.status.conditions[*].message}'`]
            : kinds.slice(0, 3).flatMap((kind) => [
                `${kubectl} get ${kind} -n ${name} -o custom-columns=NAME:.metadata.name,FINALIZERS:.metadata.finalizers`,
                // What is left in a namespace that ends is held by its finalizers, and by nothing else.
                `${kubectl} get ${kind} -n ${name} -o name | xargs -I{} ${kubectl} patch {} -n ${name} --type=merge -p '{"metadata":{"finalizers":null}}'`,
              ]),
      },
    ];
  });
}

/** The kinds in the message of `NamespaceContentRemaining`: `configmaps. has 1 resource instances, …`. */
function remainingKinds(message: string): string[] {
  const kinds = [...message.matchAll(/([a-z][a-z0-9.-]*) has \d+ resource instances/g)].map(([, kind = ""]) => kind);
  return [...new Set(kinds.map((kind) => kind.replace(/\.$/, "")))];
}

/** Jobs of the stack that gave up: the next `up` would wait for them in vain. */
function judgeJobs(jobs: Answer<readonly Live[]>, { kubectl, stack }: Asked): Finding[] {
  if (!answered(jobs)) return [notKnown("failed-jobs", area, "the stack's Jobs", jobs.why)];
  const failed = jobs.got.filter(({ status }) => {
    const { conditions = [] } = (status ?? {}) as { conditions?: readonly { type?: string; status?: string }[] };
    return conditions.some(({ type, status: now }) => type === "Failed" && now === "True");
  });
  if (failed.length === 0) return [];
  const [first] = failed;
  return [
    {
      check: "failed-jobs",
      area,
      level: "fail",
      found: `${counted(failed.length, "Job")} failed: ${listed(failed.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`))}`,
      needed: "Jobs that have ended well: `up` waits for each",
      fix: "see why, then delete them; up makes them anew",
      commands: [
        ...(first === undefined
          ? []
          : [`${kubectl} logs job/${first.metadata.name} -n ${first.metadata.namespace} --tail=50`]),
        ...failed.map(({ metadata }) => `${kubectl} delete job ${metadata.name} -n ${metadata.namespace}`),
        `npx pulumi up --stack ${stack} --refresh`,
      ],
    },
  ];
}

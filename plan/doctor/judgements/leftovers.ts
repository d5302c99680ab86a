import { answered, counted, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { Live, Row } from "../probes/kubectl.ts";

const area = "leftovers";

type Asked = Pick<Needs, "namespaces" | "releases" | "stack" | "kubectl" | "helm">;

/** Objects that an interrupted run left in the cluster, each with the fix (docs/recovery.md). */
export function judgeLeftovers(
  answers: {
    readonly releases: Answer<readonly Row[]>;
    readonly namespaces: Answer<readonly Live[]>;
    readonly jobs: Answer<readonly Live[]>;
  },
  needs: Asked,
): readonly Diagnosis[] {
  const diagnoses = [
    ...judgeRecords(answers.releases, needs),
    ...judgeTerminating(answers.namespaces, needs),
    ...judgeJobs(answers.jobs, needs),
  ];
  return diagnoses.length > 0 ? diagnoses : [{ check: "leftovers", area, level: "ok", found: "none in the cluster" }];
}

/** One revision of a release, as Helm stores it in a Secret. */
export interface HelmRecord {
  readonly namespace: string;
  readonly secret: string;
  readonly release: string;
  readonly status: string;
  readonly revision: number;
}

/** Helm's records of the stack's releases whose last operation failed or did not end. */
function judgeRecords(rows: Answer<readonly Row[]>, { releases, stack, kubectl, helm }: Asked): Diagnosis[] {
  const check = "helm-records";
  if (!answered(rows)) return [notKnown(check, area, "Helm's records", rows.why)];
  const records = helmRecords(rows.got);
  return releases.flatMap(({ namespace, name }): Diagnosis[] => {
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
          needed: deployed
            ? "its last good revision"
            : "no record of it: an atomic upgrade of a failed release also fails",
          fix: deployed ? "roll back to the last good revision" : "find the reason, delete the record, then run up",
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
        needed: "no operation in progress; a plugin of a killed run may still finish it within minutes",
        fix: "make sure that no run is in progress, remove this record, then run up: it adopts the existing objects",
        commands: [last.status === "uninstalling" ? `${helm} uninstall ${name} -n ${namespace}` : forget, up],
      },
    ];
  });
}

/** Rows of `kubectl get secrets`: namespace, name, type, number of keys, age, and the labels name, status and version. */
export function helmRecords(rows: readonly Row[]): HelmRecord[] {
  return rows.flatMap((row) => {
    const [namespace = "", secret = "", type = "", , , release = "", status = "", version = ""] = row;
    const revision = Number(version);
    if (!type.startsWith("helm.sh/release") || Number.isNaN(revision)) return [];
    return [{ namespace, secret, release, status, revision }];
  });
}

/** The release of a record: `namespace/name`. */
export function recordName({ namespace, release }: HelmRecord): string {
  return `${namespace}/${release}`;
}

/** Namespaces that are stuck in termination, with the cause: a finalizer without a controller. */
function judgeTerminating(namespaces: Answer<readonly Live[]>, needs: Asked): Diagnosis[] {
  if (!answered(namespaces)) return [];
  return namespaces.got.flatMap(({ metadata, status }): Diagnosis[] => {
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
        found: `the namespace ${name} is stuck in termination${said === "" ? "" : `: ${said}`}`,
        needed: "a namespace that is deleted, or active",
        fix: "find the remaining objects; remove their finalizers only when you know that no controller needs them",
        commands:
          kinds.length === 0
            ? [`${kubectl} get namespace ${name} -o jsonpath='{.status.conditions[*].message}'`]
            : kinds.slice(0, 3).flatMap((kind) => [
                `${kubectl} get ${kind} -n ${name} -o custom-columns=NAME:.metadata.name,FINALIZERS:.metadata.finalizers`,
                // Objects that remain in a terminating namespace are held only by their finalizers.
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

/** Failed Jobs of the stack: the next `up` would wait for them until its timeout. */
function judgeJobs(jobs: Answer<readonly Live[]>, { kubectl, stack }: Asked): Diagnosis[] {
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
      needed: "completed Jobs: `up` waits for each",
      fix: "find the reason, then delete them; up recreates them",
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

import { at, text, textMap } from "../../components/kit/unknown.ts";
import { answered } from "../doctor/diagnosis.ts";
import type { Answer } from "../doctor/diagnosis.ts";
import { helmRecords, recordName } from "../doctor/judgements/leftovers.ts";
import type { Kubectl } from "../doctor/probes/kubectl.ts";
import { InputError } from "../input-error.ts";
import type { Plan } from "../plan.ts";
import type { DryRun } from "./dry-run.ts";
import { found, foundReleases, guardedSecrets, isolatedPods, keptPasswords, kindOf, unowned } from "./found.ts";
import type { Found, GuardedSecret, KeptPassword, Names, Unowned } from "./found.ts";
import type { Existing } from "./import-file.ts";

/** What a cluster has of a plan. */
export interface Survey {
  /** What can be imported, with the passwords in use. */
  readonly existing: readonly Existing[];
  /** The objects and releases among them, as people name them. */
  readonly adopted: readonly string[];
  /** Secrets among them. */
  readonly secrets: readonly { readonly label: string; readonly keeps: boolean }[];
  /** Objects that cannot become those of the plan, with the API server's message. */
  readonly refused: readonly { readonly label: string; readonly why: string }[];
  readonly unowned: readonly Unowned[];
  readonly kept: readonly KeptPassword[];
  /** The API server's warnings of pods that the Pod Security Standards of the plan refuse. */
  readonly warnings: readonly string[];
  /** Pods with which the plan declares no connection. */
  readonly isolated: readonly string[];
}

const auditLabel = "pod-security.kubernetes.io/audit";
const enforceLabel = "pod-security.kubernetes.io/enforce";

/** @throws InputError if the cluster does not answer */
export async function survey(plan: Plan, kubectl: Kubectl, dryRun: DryRun): Promise<Survey> {
  const { context } = plan;
  const kinds = [...new Set([...plan.objects, ...plan.rendered].map(kindOf)), "Secret"];
  const lists = kinds.map(
    async (kind) => [kind, given(await kubectl.names(kind), `${kind} objects of ${context}`)] as const,
  );
  const names: Names = new Map(await Promise.all(lists));
  const records = await kubectl.table("secrets", "owner=helm,status=deployed", ["name", "status", "version"]);
  const installed = new Set(helmRecords(given(records, `Helm's records of ${context}`)).map(recordName));
  const pods = given(await kubectl.list("pods"), `the pods of ${context}`);

  const guarded = guardedSecrets(plan);
  const judged = await Promise.all(
    found(plan, names).map(async (one) => ({ ...one, refused: await refusal(one, guarded, dryRun) })),
  );
  const good = judged.filter(({ refused }) => refused === undefined);
  const kept = keptPasswords(plan, names);
  const releases = foundReleases(plan, installed);
  return {
    existing: [...good.map(({ existing }) => existing), ...releases, ...(await present(kubectl, kept))],
    adopted: [...good.map(({ label }) => label), ...releases.map(({ id }) => `Release ${id}`)],
    secrets: good
      .filter(({ object }) => object.kind === "Secret")
      .map(({ label, object: { name, namespace } }) => ({
        label,
        keeps: kept.some(({ secret }) => secret.namespace === namespace && secret.name === name),
      })),
    refused: judged.flatMap(({ label, refused }) => (refused === undefined ? [] : [{ label, why: refused }])),
    unowned: unowned(plan, names, installed),
    kept,
    warnings: (await Promise.all(judged.map((one) => podSecurity(one, dryRun)))).flat(),
    isolated: isolatedPods(plan, pods),
  };
}

function given<T>(answer: Answer<T>, what: string): T {
  if (answered(answer)) return answer.got;
  throw new InputError(`${what} cannot be read: ${answer.why}`);
}

/**
 * The values of Secrets are not in a plan, so the API server cannot be asked about them. Jobs are replaced whenever their pods change:
 * they run again.
 */
async function refusal(
  { object: { kind, manifest, name, namespace } }: Found,
  guarded: readonly GuardedSecret[],
  dryRun: DryRun,
): Promise<string | undefined> {
  if (kind === "Job") return undefined;
  if (kind === "Secret") return guarded.find((one) => one.namespace === namespace && one.name === name)?.why;
  return dryRun.refusal(manifest);
}

async function podSecurity({ object }: Found, dryRun: DryRun): Promise<readonly string[]> {
  const level = textMap(at(object.manifest, "metadata", "labels"))[auditLabel];
  if (object.kind !== "Namespace" || level === undefined) return [];
  return dryRun.warnings(object.name, { [enforceLabel]: level });
}

/** The passwords in use, from their Secrets. They go into the file for the import only. */
async function present(kubectl: Kubectl, kept: readonly KeptPassword[]): Promise<Existing[]> {
  const read = kept.map(async ({ existing, secret: { key, name, namespace } }): Promise<Existing[]> => {
    const answer = await kubectl.list(
      "secrets",
      "--field-selector",
      `metadata.namespace=${namespace},metadata.name=${name}`,
    );
    const [secret] = given(answer, `the Secret ${namespace}/${name}`);
    const value = text(at(secret, "data", key));
    return value === undefined ? [] : [{ ...existing, id: Buffer.from(value, "base64").toString("utf8") }];
  });
  return (await Promise.all(read)).flat();
}

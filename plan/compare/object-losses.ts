import { importedKeys } from "../../components/kit/annotations.ts";
import { archiveOfServer, archivePlace } from "./archive-losses.ts";
import type { Change } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import { holders } from "./holders.ts";
import type { Holder } from "./holders.ts";
import { annotation, items } from "./items.ts";
import type { Item } from "./items.ts";
import type { Risk } from "./loss.ts";
import type { SavedPlan } from "./schema.ts";
import { at } from "../../components/kit/unknown.ts";
import { visibleTextAt } from "./hidden.ts";

/** What a rule looks at: a change with what it was, and the base around it. */
interface Case {
  readonly change: Change;
  readonly old: Item;
  readonly fresh?: Item;
  /** It goes: deleted, or replaced. */
  readonly goes: boolean;
  readonly holders: readonly Holder[];
  /** Classes of the base that keep a volume when its claim goes. */
  readonly retained: ReadonlySet<string>;
}

/** A name only where the data has one of its own. */
type Told = Omit<Risk, "name" | "change"> & Partial<Pick<Risk, "name">>;

type LossRule = (found: Case) => Told | undefined;

/** Single objects at risk: what is deleted, replaced or changed into something that keeps data less well. */
export function objectLosses({ changes }: Comparison, base: SavedPlan): Risk[] {
  const all = items(base);
  const held = holders(base, all);
  const retained = retainingClasses(all);
  return changes.flatMap((change) => {
    const { action, old, fresh, label, release } = change;
    if (old === undefined) return [];
    const goes = action === "delete" || action === "replace";
    // Helm fails before anything is lost: see the consequences.
    if (release !== undefined && action === "replace" && change.fails !== undefined) return [];
    const rule = ruleOf(old);
    const found = rule?.({ change, old, fresh, goes, holders: held, retained });
    if (found === undefined) return [];
    return [{ name: label, change, ...(action === "delete" && stays(old) ? kept(old) : found) }];
  });
}

/** The releases that are uninstalled, to come back or not, by label. */
export function leavingReleases(changes: readonly Change[]): Map<string, Change> {
  const leaving = changes.filter(
    ({ kind, action }) => kind === "Release" && (action === "delete" || action === "replace"),
  );
  return new Map(leaving.map((change) => [change.label, change]));
}

/** The storage classes that keep a volume when its claim goes. */
export function retainingClasses(all: readonly Item[]): Set<string> {
  const classes = all.filter(
    ({ kind, body }) => kind === "StorageClass" && visibleTextAt(body, "reclaimPolicy") === "Retain",
  );
  return new Set(classes.map(({ name }) => name));
}

/** What is destroyed is only orphaned where the classes of all its claims keep the volumes. */
export function withVolumes<Told extends Pick<Risk, "effect" | "reason">>(
  told: Told,
  found: readonly Holder[],
  retained: ReadonlySet<string>,
): Told {
  const claims = found.flatMap((holder) => holder.claims);
  const stay = claims.every(({ storageClass }) => storageClass !== undefined && retained.has(storageClass));
  if (told.effect !== "destroyed" || claims.length === 0 || !stay) return told;
  const reason = `${told.reason}; the volumes stay (reclaim policy Retain) and must be bound by hand`;
  return { ...told, effect: "orphaned", reason };
}

/** Whether it stays on the cluster when Pulumi or Helm deletes it. What exists in the state only is forgotten instead. */
export function stays(old: Item): boolean {
  if (old.release !== undefined) return annotation(old, "helm.sh/resource-policy") === "keep";
  return old.retainOnDelete && (old.type.startsWith("kubernetes:") || old.type.startsWith("aws:"));
}

/** What is said of something that outlives its removal from the program. */
export function kept({ release }: Item): Pick<Risk, "effect" | "reason" | "remedy"> {
  return {
    effect: "kept",
    reason: `it stays on the cluster with its data; ${release === undefined ? "Pulumi" : "Helm"} only forgets it`,
    remedy: "delete it by hand when its data is not needed, or import it to manage it again",
  };
}

function ruleOf({ type, group, kind }: Item): LossRule | undefined {
  if (storesOfAws.test(type)) return storeOfAws;
  return type.startsWith("kubernetes:") ? rules[group === "" ? kind : `${group}/${kind}`] : rules[type];
}

const storesOfAws =
  /^aws:(s3\/bucket|s3\/bucketV2|ebs\/volume|efs\/fileSystem|rds\/instance|rds\/cluster|dynamodb\/table|kms\/key|backup\/vault|eks\/cluster|ec2\/vpc|ecr\/repository|route53\/zone):/;

/** What goes with a resource of AWS that others depend on, by type. Default: AWS deletes it with everything in it. */
const wordsOfAws: Readonly<Record<string, Pick<Told, "effect" | "reason" | "remedy">>> = {
  "aws:eks/cluster:Cluster": {
    effect: "destroyed",
    reason: "the cluster goes with everything in it; volumes of classes with reclaim policy Retain stay",
    remedy: "create a second stack beside it, and restore the data there",
  },
  "aws:ec2/vpc:Vpc": {
    effect: "destroyed",
    reason: "the cluster, its nodes and its file system are in it, and go with it",
    remedy: "create a second stack beside it, and restore the data there",
  },
  "aws:kms/key:Key": {
    effect: "unreadable",
    reason: "what it encrypted cannot be read after its waiting period: Secrets of the cluster, volumes and files",
    remedy: "keep the key; within the waiting period, cancel its deletion",
  },
  "aws:route53/zone:Zone": {
    effect: "destroyed",
    reason: "no host in it resolves, and a new zone has other name servers",
    remedy: "keep the zone, or delegate to the new name servers first",
  },
};

const storeOfAws: LossRule = ({ goes, old }) =>
  goes
    ? (wordsOfAws[old.type] ?? {
        effect: "destroyed",
        reason: "AWS deletes it with everything in it",
        remedy: "copy what is in it first, or keep it",
      })
    : undefined;

const generatedKey: LossRule = ({ change, goes }) =>
  goes
    ? {
        effect: "unreadable",
        reason: `${change.action === "delete" ? "the key is gone" : "another key takes its place"}: what it encrypted cannot be read, and what it signed is not trusted`,
        remedy: "keep the key; to replace it, add a new key and re-encrypt or re-issue first",
      }
    : undefined;

/** The secrets with imported keys that a Secret contains. */
function keysOf(item: Item | undefined): string[] {
  const names = item === undefined ? undefined : annotation(item, importedKeys);
  return names === undefined || names === "" ? [] : names.split(" ");
}

const rules: Record<string, LossRule> = {
  Namespace: ({ old, goes, holders, retained }) => {
    const claims = holders.filter(({ namespace }) => namespace === old.name);
    if (!goes || (claims.length === 0 && !old.protect && !old.retainOnDelete)) return undefined;
    const what = claims.length === 0 ? "everything in it" : `the claims of ${listed(claims)}`;
    const told = {
      effect: "destroyed",
      reason: `deleting a namespace deletes ${what}`,
      remedy: "move or save the data first, then name it in allowDataLoss",
    } as const;
    return withVolumes<Told>(told, claims, retained);
  },

  PersistentVolume: ({ old, fresh, goes }) => {
    const policy = visibleTextAt(old.body, "spec", "persistentVolumeReclaimPolicy");
    if (goes)
      return policy === "Delete"
        ? {
            effect: "destroyed",
            reason: "its reclaim policy is Delete: the storage behind it is deleted too",
            remedy: "set the reclaim policy to Retain first",
          }
        : {
            effect: "orphaned",
            reason:
              "the storage behind it stays, but its claim loses it, and pods that use it start empty or not at all",
            remedy: "keep it while its claim is in use",
          };
    const now = visibleTextAt(fresh?.body, "spec", "persistentVolumeReclaimPolicy");
    return policy === "Retain" && now === "Delete" ? reclaimed : undefined;
  },

  "storage.k8s.io/StorageClass": ({ old, fresh, goes, change }) => {
    if (visibleTextAt(old.body, "reclaimPolicy") === "Retain" && deletes(fresh)) return reclaimed;
    if (!goes) return undefined;
    return {
      effect: "exposed",
      reason:
        change.action === "delete"
          ? "existing volumes keep their data, but claims of this class can no longer be resized or created"
          : "existing volumes keep their data, but new claims of this class get another kind of storage",
      remedy: "keep it, and create a class of another name for new claims",
    };
  },

  Secret: ({ old, fresh }) => {
    const left = new Set(keysOf(fresh));
    const lost = keysOf(old).filter((name) => !left.has(name));
    if (lost.length === 0) return undefined;
    return {
      effect: "unreadable",
      reason: `the imported ${lost.length === 1 ? "key" : "keys"} ${lost.join(", ")} would no longer be in it: what they encrypted cannot be read`,
      remedy: "keep the keys in midpoint.keystore.keys; to replace one, add a key and re-encrypt first",
    };
  },

  "barmancloud.cnpg.io/ObjectStore": archivePlace,
  "postgresql.cnpg.io/Cluster": archiveOfServer,

  "tls:index/privateKey:PrivateKey": generatedKey,
  "random:index/randomBytes:RandomBytes": generatedKey,

  "apiextensions.k8s.io/CustomResourceDefinition": ({ old, goes, holders }) => {
    const kind = visibleTextAt(old.body, "spec", "names", "kind");
    const group = visibleTextAt(old.body, "spec", "group");
    // Helm never deletes what stands in a chart's folder crds/, which is no template and so has no label of Helm's.
    if (
      old.release !== undefined &&
      visibleTextAt(old.body, "metadata", "labels", "app.kubernetes.io/managed-by") !== "Helm"
    )
      return undefined;
    const lost = holders.filter(({ item }) => item !== undefined && item.kind === kind && item.group === group);
    if (!goes || lost.length === 0) return undefined;
    return {
      effect: "destroyed",
      reason: `deleting a definition deletes every object of its kind, here ${listed(lost)}`,
      remedy: "keep the definition while such an object holds data",
    };
  },

  "pulumi:providers:kubernetes": ({ change, old, fresh }) => {
    // Another kubeconfig is no other cluster by itself: it may be another way to the same one.
    const moves =
      change.action === "replace" || change.fields.some(({ path }) => ["context", "cluster"].includes(path));
    if (fresh === undefined || !moves) return undefined;
    const [was, is] = [visibleTextAt(old.body, "context"), visibleTextAt(fresh.body, "context")];
    return {
      effect: "orphaned",
      reason: `the stack moves from the cluster ${was ?? "of its kubeconfig"} to ${is ?? "that of its kubeconfig"}: ${
        change.action === "replace"
          ? "every object is created there, empty, and deleted here"
          : "Pulumi assumes the same cluster, with every object already there"
      }`,
      remedy: "give another cluster a stack of its own, and restore the data there; allow it where only a name changed",
    };
  },

  "batch/Job": ({ old, change, goes }) => {
    const database = change.action === "delete" && goes ? databaseOf(old) : undefined;
    if (database === undefined) return undefined;
    return {
      name: `Database ${database}`,
      effect: "kept",
      reason: `the database ${database} and its role stay on the server; only the Secret with the password is deleted`,
      remedy: `drop the database by hand when it is not needed: DROP DATABASE "${database}"`,
    };
  },
};

const reclaimed = {
  effect: "exposed",
  reason: "its reclaim policy changes from Retain to Delete: after that, deleting a claim destroys its data",
  remedy: "keep Retain where the data matters",
} as const;

/** Delete is what Kubernetes does where a class says nothing. */
function deletes(fresh: Item | undefined): boolean {
  return fresh !== undefined && (visibleTextAt(fresh.body, "reclaimPolicy") ?? "Delete") === "Delete";
}

/** The database that a Job of ours provides (components/postgres/database.ts). */
function databaseOf({ body }: Item): string | undefined {
  const template = at(body, "spec", "template");
  if (visibleTextAt(template, "metadata", "labels", "app.kubernetes.io/component") !== "database-job") return undefined;
  const containers = at(template, "spec", "containers");
  const variables = (Array.isArray(containers) ? containers : []).flatMap(
    (container: unknown) => at(container, "env") ?? [],
  );
  const name = variables.find((variable) => visibleTextAt(variable, "name") === "DATABASE_NAME");
  return visibleTextAt(name, "value");
}

/** Names of holders for a sentence. */
export function listed(found: readonly { readonly label: string }[]): string {
  const names = found.map(({ label }) => label);
  return names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
}

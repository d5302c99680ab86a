import { claimData } from "../../../../components/kit/ledger.ts";
import type { Draft } from "../draft.ts";
import { object, one } from "../draft.ts";
import { after, definition, job } from "../good.ts";
import type { Case } from "./case.ts";

/** Cases of plan/checks/backups.ts. */
export const backupCases: readonly Case[] = [
  {
    id: "GP110",
    name: "a database that backups leave out, beside one that they keep",
    when: ({ ledger }) => ledger.data.push({ data: "Database wiki" }),
    finds: [["Database wiki", /^has no backup$/]],
  },
  {
    id: "GP110",
    name: "several without any backup",
    when: ({ ledger }) => {
      ledger.backups.splice(0, 1);
      ledger.data.push({ data: "MongoDB database graylog" });
    },
    finds: [
      ["Database web", /^has no backup$/],
      ["MongoDB database graylog", /^has no backup$/],
    ],
  },
  {
    id: "GP110",
    name: "a database of a dev stack",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      draft.ledger.backups.splice(0, 1);
    },
    finds: [],
  },
  {
    id: "GP116",
    name: "files of a claim and of a shared folder, beside others that have a backup",
    when: ({ ledger }) => {
      ledger.data.push(
        { data: "Claim chat/chat-pv-claim", files: true },
        { data: "Shared folder 10.0.0.9:/exports", files: true },
      );
    },
    finds: [
      ["Claim chat/chat-pv-claim", /^has no backup$/],
      ["Shared folder 10.0.0.9:/exports", /^has no backup$/],
    ],
  },
  {
    id: "GP163",
    name: "a claim and a template of a StatefulSet that nothing names, beside ones that components name",
    when: (draft) => {
      const { ledger, objects } = draft;
      const templates = (name: string) => ({ spec: { volumeClaimTemplates: [{ metadata: { name } }] } });
      objects.push(
        object("v1", "PersistentVolumeClaim", "app/uploads", {}),
        object("v1", "PersistentVolumeClaim", "app/cache", {}),
        object("v1", "PersistentVolumeClaim", "app/of-a-job", { metadata: { ownerReferences: [{ kind: "Job" }] } }),
        object("v1", "PersistentVolumeClaim", "app/of-a-chart", {}, { release: "app/operator" }),
        object("apps/v1", "StatefulSet", "app/queue", templates("data")),
      );
      ledger.spareClaims.push({ namespace: "app", claim: "cache", reason: "test" });
      objects.push(object("v1", "PersistentVolumeClaim", "app/shared", {}));
      const claim = { namespace: "app", claim: "shared", account: { user: 1, group: 1 }, consumer: {} };
      ledger.data.push({ data: "Shared folder 192.0.2.1:/exports", files: true, claim });
    },
    also: ["GP116"],
    finds: [
      ["Claim app/data-queue-0", /^is in no list of backups$/],
      ["Claim app/uploads", /^is in no list of backups$/],
    ],
  },
  {
    id: "GP163",
    name: "claims of a dev stack",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      draft.objects.push(object("v1", "PersistentVolumeClaim", "app/uploads", {}));
    },
    finds: [],
  },
  {
    id: "GP116",
    name: "files of a dev stack",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      draft.ledger.data.push({ data: "Claim chat/chat-pv-claim", files: true });
    },
    finds: [],
  },
  {
    id: "GP167",
    name: "Schedules that copy Secrets, beside those that leave them out or copy other kinds alone",
    when: (draft) => {
      schedules(draft, {
        all: {},
        "by-name": { includedNamespaceScopedResources: ["configmaps", "secrets"] },
        events: { excludedNamespaceScopedResources: ["events"] },
        none: { excludedNamespaceScopedResources: ["events", "secrets"] },
        old: { excludedResources: ["secrets"] },
        others: { includedResources: ["configmaps"] },
      });
    },
    finds: ["all", "by-name", "events"].map((name) => [`Schedule app/${name}`, /^copies Secrets to the bucket/]),
  },
  {
    id: "GP167",
    name: "a Schedule of a dev stack",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      schedules(draft, { all: {} });
    },
    finds: [],
  },
  {
    id: "GP167",
    name: "a Schedule of another program",
    when: ({ objects }) =>
      objects.push(
        definition("example.org", "Schedule"),
        object("example.org/v1", "Schedule", "app/other", {}, after("app/operator")),
      ),
    finds: [],
  },
  {
    id: "GP169",
    name: "pods that read claims with the role of the pods that prune, in two namespaces",
    when: (draft) =>
      comingBy(draft, ["backup", allBuckets], ["app", allBuckets], ["app", allBuckets], ["chat", allBuckets]),
    finds: [
      ["Namespace app", /^has a role, arn:aws:iam::123456789012:role\/buckets, which can delete every backup$/],
      ["Namespace chat", /^has a role, arn:aws:iam::123456789012:role\/buckets, which can delete every backup$/],
    ],
  },
  {
    id: "GP169",
    name: "pods that read claims with the key of the pods that prune, and with a key of their own",
    when: (draft) =>
      comingBy(
        draft,
        ["backup", { key: "backup-bucket" }],
        ["app", { key: "backup-bucket" }],
        ["chat", { key: "backup-own" }],
      ),
    finds: [["Namespace app", /^has a key, as in the Secret backup-bucket, which can delete every backup$/]],
  },
  {
    id: "GP169",
    name: "pods that read claims with a role of their own",
    when: (draft) =>
      comingBy(draft, ["backup", allBuckets], ["chat", { role: "arn:aws:iam::123456789012:role/files" }]),
    finds: [],
  },
  {
    id: "GP169",
    name: "pods that read claims into a shared folder",
    when: (draft) => comingBy(draft, ["backup", {}], ["chat", {}]),
    finds: [],
  },
  {
    id: "GP169",
    name: "pods of a dev stack that read claims",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      comingBy(draft, ["backup", allBuckets], ["chat", allBuckets]);
    },
    finds: [],
  },
];

/** Adds Schedules of Velero by name, each with the template of its backups. */
function schedules(draft: Draft, templates: Readonly<Record<string, object>>): void {
  draft.objects.push(definition("velero.io", "Schedule"));
  for (const [name, template] of Object.entries(templates))
    draft.objects.push(
      object("velero.io/v1", "Schedule", `app/${name}`, { spec: { template } }, after("app/operator")),
    );
}

const restricted = { labels: { "pod-security.kubernetes.io/enforce": "restricted" } };

const denied = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

const allBuckets = { role: "arn:aws:iam::123456789012:role/buckets" };

/** The Secret with the key, or the role, by which pods come to a store. */
interface Access {
  readonly key?: string;
  readonly role?: string;
}

/** Adds what prunes, in the first namespace, and backups of a claim in each other one, with how their pods come to the store. */
function comingBy(draft: Draft, ...places: readonly (readonly [namespace: string, access: Access])[]): void {
  const { ledger, objects } = draft;
  // Where there is a bucket, the server has an archive.
  one(draft, "Cluster app/db").manifest.spec.backup = { barmanObjectStore: {} };
  for (const [index, [namespace, { key, role }]] of places.entries()) {
    const [name, kind] = index === 0 ? ["prune", "prune"] : [`copy-${index}`, "files"];
    if (
      key !== undefined &&
      !objects.some((other) => other.kind === "Secret" && other.namespace === namespace && other.name === key)
    )
      objects.push(object("v1", "Secret", `${namespace}/${key}`, { stringData: { "access-key": "AKIA" } }));
    const env = [
      { name: "KIND", value: kind },
      ...(key === undefined
        ? []
        : [{ name: "AWS_ACCESS_KEY_ID", valueFrom: { secretKeyRef: { name: key, key: "access-key" } } }]),
    ];
    const metadata = role === undefined ? {} : { metadata: { annotations: { "eks.amazonaws.com/role-arn": role } } };
    if (!objects.some((other) => other.kind === "ServiceAccount" && other.namespace === namespace))
      objects.push(object("v1", "ServiceAccount", `${namespace}/backup`, metadata));
    if (!objects.some((other) => other.kind === "Namespace" && other.name === namespace))
      objects.push(
        object("v1", "Namespace", namespace, { metadata: restricted }),
        object("networking.k8s.io/v1", "NetworkPolicy", `${namespace}/default-deny`, { spec: denied }),
      );
    const { template } = job(`${namespace}/${name}`, "docker.io/restic/restic:0.18.1").manifest.spec;
    template.spec.serviceAccountName = "backup";
    template.spec.containers[0].env = env;
    objects.push(
      object("batch/v1", "CronJob", `${namespace}/${name}`, { spec: { jobTemplate: { spec: { template } } } }),
    );
    if (index === 0) continue;
    const claim = { namespace, claim: `files-${index}`, account: { user: 1, group: 1 }, consumer: {}, pod: name };
    ledger.data.push({ data: claimData(claim), files: true, claim });
    ledger.backups.push({
      ...{ data: claimData(claim), path: "/claims", method: "restic", schedule: "15 1 * * *", keep: "" },
      claim,
    });
  }
}

import { claimData } from "../../../../components/kit/ledger.ts";
import type { Draft } from "../draft.ts";
import { object, one } from "../draft.ts";
import { after, definition } from "../good.ts";
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
    name: "pods that read claims with the role of all buckets, in two namespaces",
    when: (draft) => {
      draft.settings["buckets"] = amazon;
      filesOf(draft, "app", "app", "chat");
    },
    finds: [
      ["Namespace app", /^has a key or role that can delete every backup$/],
      ["Namespace chat", /^has a key or role that can delete every backup$/],
    ],
  },
  {
    id: "GP169",
    name: "pods that read claims with a role of their own",
    when: (draft) => {
      draft.settings["buckets"] = amazon;
      draft.settings["backup"] = { files: { roleArn: "arn:aws:iam::123456789012:role/files" } };
      filesOf(draft, "chat");
    },
    finds: [],
  },
  {
    id: "GP169",
    name: "pods that read claims into a store without user policies",
    when: (draft) => {
      draft.settings["buckets"] = { kind: "embedded" };
      filesOf(draft, "chat");
    },
    finds: [],
  },
  {
    id: "GP169",
    name: "pods that read claims into a shared folder",
    when: (draft) => {
      draft.settings["buckets"] = amazon;
      draft.settings["backup"] = { folder: { server: "192.168.3.12", path: "/backup" } };
      filesOf(draft, "chat");
    },
    finds: [],
  },
  {
    id: "GP169",
    name: "pods of a dev stack that read claims",
    when: (draft) => {
      draft.settings["profile"] = "dev";
      draft.settings["buckets"] = amazon;
      filesOf(draft, "chat");
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

const amazon = {
  kind: "s3",
  endpoint: "https://s3.eu-west-1.amazonaws.com",
  roleArn: "arn:aws:iam::123456789012:role/buckets",
};

/** Adds backups of a claim in each of these namespaces. */
function filesOf(draft: Draft, ...namespaces: readonly string[]): void {
  const { ledger } = draft;
  // Where there is a bucket, the server has an archive.
  one(draft, "Cluster app/db").manifest.spec.backup = { barmanObjectStore: {} };
  for (const [index, namespace] of namespaces.entries()) {
    const claim = { namespace, claim: `files-${index}`, account: { user: 1, group: 1 }, consumer: {}, pod: "copy" };
    ledger.data.push({ data: claimData(claim), files: true, claim });
    ledger.backups.push({
      ...{ data: claimData(claim), path: "/claims", method: "restic", schedule: "15 1 * * *", keep: "" },
      claim,
    });
  }
}

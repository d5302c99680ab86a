import type { Draft } from "../draft.ts";
import { object } from "../draft.ts";
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
];

/** Adds Schedules of Velero by name, each with the template of its backups. */
function schedules(draft: Draft, templates: Readonly<Record<string, object>>): void {
  draft.objects.push(definition("velero.io", "Schedule"));
  for (const [name, template] of Object.entries(templates))
    draft.objects.push(
      object("velero.io/v1", "Schedule", `app/${name}`, { spec: { template } }, after("app/operator")),
    );
}

import type { Draft, DraftObject, Loose } from "../draft.ts";
import { object, one } from "../draft.ts";
import { after, definition } from "../good.ts";
import type { Case } from "./case.ts";

const plugins = [
  { name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true, parameters: { barmanObjectName: "s" } },
];
const server = (draft: Draft): DraftObject => one(draft, "Cluster app/db");
const archives = (draft: Draft): void => {
  server(draft).manifest.spec.plugins = plugins;
};
const withBucket = (draft: Draft): void => {
  draft.settings["buckets"] = { kind: "embedded" };
};
const added = (draft: Draft, kind: string, name: string, spec: Loose): void => {
  const group = kind === "ObjectStore" ? "barmancloud.cnpg.io" : "postgresql.cnpg.io";
  const made = object(`${group}/v1`, kind, `app/${name}`, { spec }, after("app/operator"));
  draft.objects.push(definition(group, kind), made);
};
const base = { cluster: { name: "db" }, method: "plugin" };

/** Cases of plan/checks/archives.ts. */
export const archiveCases: readonly Case[] = [
  {
    id: "GP160",
    name: "a server without an archive",
    when: withBucket,
    finds: [["Cluster app/db", /^archives no write-ahead log$/]],
  },
  {
    id: "GP160",
    name: "a server whose plugin is turned off",
    when: (draft) => {
      withBucket(draft);
      server(draft).manifest.spec.plugins = [{ ...plugins[0], enabled: false }];
    },
    finds: [["Cluster app/db", /^archives no write-ahead log$/]],
  },
  {
    id: "GP160",
    name: "a server that archives without a plugin",
    when: (draft) => {
      withBucket(draft);
      server(draft).manifest.spec.backup = { barmanObjectStore: {} };
    },
    finds: [],
  },
  {
    id: "GP160",
    name: "a recovered server",
    when: (draft) => {
      withBucket(draft);
      server(draft).manifest.metadata.annotations = { "groundplan/recovered-from": "db" };
    },
    finds: [],
  },
  {
    id: "GP160",
    name: "a server of a dev stack",
    when: (draft) => {
      withBucket(draft);
      draft.settings["profile"] = "dev";
    },
    finds: [],
  },
  {
    id: "GP161",
    name: "an archive with a store and base backups",
    when: (draft) => {
      archives(draft);
      added(draft, "ObjectStore", "s", {});
      added(draft, "ScheduledBackup", "base", base);
    },
    finds: [],
  },
  {
    id: "GP161",
    name: "an archive without a store, whose base backups are suspended",
    when: (draft) => {
      archives(draft);
      added(draft, "ScheduledBackup", "base", { ...base, suspend: true });
    },
    finds: [
      ["Cluster app/db", /^archives to the ObjectStore s, which is not in the plan$/],
      ["Cluster app/db", /^has no ScheduledBackup that makes base backups$/],
    ],
  },
];

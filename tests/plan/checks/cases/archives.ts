import type { Loose } from "../draft.ts";
import { object } from "../draft.ts";
import type { Case } from "./case.ts";

const api = "postgresql.cnpg.io/v1";
const plugins = [
  { name: "barman-cloud.cloudnative-pg.io", isWALArchiver: true, parameters: { barmanObjectName: "s" } },
];
const server = (name: string, spec: Loose = {}, metadata: Loose = {}) =>
  object(api, "Cluster", `sysdb/${name}`, { metadata, spec: { instances: 1, enablePDB: false, ...spec } }, {});
const base = (spec: Loose = {}) =>
  object(api, "ScheduledBackup", "sysdb/base", { spec: { cluster: { name: "pg" }, method: "plugin", ...spec } });
const store = () => object("barmancloud.cnpg.io/v1", "ObjectStore", "sysdb/s", { spec: {} });
const withBucket = (draft: { settings: Record<string, unknown> }) => {
  draft.settings["buckets"] = { kind: "embedded" };
};

/** Cases of plan/checks/archives.ts. */
export const archiveCases: readonly Case[] = [
  {
    id: "GP160",
    name: "a server without an archive, beside those that archive, and a copy",
    when: (draft) => {
      withBucket(draft);
      draft.objects.push(
        server("bare"),
        server("pg", { plugins }),
        server("paused", { plugins: [{ ...plugins[0], enabled: false }] }),
        server("old", { backup: { barmanObjectStore: {} } }),
        server("copy", {}, { annotations: { "groundplan/recovered-from": "pg" } }),
      );
    },
    finds: [
      ["Cluster sysdb/bare", /^archives no write-ahead log$/],
      ["Cluster sysdb/paused", /^archives no write-ahead log$/],
    ],
  },
  {
    id: "GP160",
    name: "a server of a stack without a bucket",
    when: ({ objects }) => objects.push(server("bare")),
    finds: [],
  },
  {
    id: "GP160",
    name: "a server of a dev stack",
    when: (draft) => {
      withBucket(draft);
      draft.settings["profile"] = "dev";
      draft.objects.push(server("bare"));
    },
    finds: [],
  },
  {
    id: "GP161",
    name: "an archive with a store and base backups",
    when: ({ objects }) => objects.push(server("pg", { plugins }), store(), base()),
    finds: [],
  },
  {
    id: "GP161",
    name: "an archive without a store, whose base backups are suspended",
    when: ({ objects }) => objects.push(server("pg", { plugins }), base({ suspend: true })),
    finds: [
      ["Cluster sysdb/pg", /^archives to the ObjectStore s, which is not in the plan$/],
      ["Cluster sysdb/pg", /^has no ScheduledBackup that makes base backups$/],
    ],
  },
];

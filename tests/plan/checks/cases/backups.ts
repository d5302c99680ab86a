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
      ledger.backups.length = 0;
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
      draft.ledger.backups.length = 0;
    },
    finds: [],
  },
];

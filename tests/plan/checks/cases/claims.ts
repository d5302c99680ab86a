import { object, one } from "../draft.ts";
import { volume } from "../good.ts";
import type { Case } from "./case.ts";

const claimed = (
  name: string,
  [namespace, claim]: readonly [string, string],
  message?: RegExp,
  change: Case["when"] = () => undefined,
): Case => ({
  id: "GP115",
  name,
  when: (draft) => {
    draft.settings["storage"] = { volumes: [volume(namespace, claim)] };
    change(draft);
  },
  finds: message === undefined ? [] : [["PersistentVolume old", message]],
});

/** Cases of plan/checks/claims.ts. */
export const claimCases: readonly Case[] = [
  claimed(
    "a volume for a claim that no component creates",
    ["app", "db-11"],
    /^is for the claim app\/db-11, which no component creates; did you mean app\/db-1\?$/,
  ),
  claimed(
    "a volume for a claim in another namespace",
    ["apps", "db-1"],
    /^is for the claim apps\/db-1, which no component creates; did you mean app\/db-1\?$/,
  ),
  claimed("a volume for a replica that does not exist", ["app", "db-3"], /app\/db-3, which no component creates/),
  claimed("a volume for a claim of a StatefulSet", ["app", "data-mongo-1"], undefined, (draft) => {
    const { spec } = one(draft, "StatefulSet app/mongo").manifest;
    spec.volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { storageClassName: "fast" } }];
  }),
  claimed("a volume for a claim of its own", ["app", "files"], undefined, (draft) => {
    const recorded = { protect: true, retainOnDelete: true };
    draft.objects.push(object("v1", "PersistentVolumeClaim", "app/files", { spec: {} }, { recorded }));
  }),
  claimed("a volume for a claim of a chart", ["app", "journal-graylog-0"], undefined, (draft) => {
    draft.ledger.podGroups.push({
      ...{ component: "test", name: "graylog", namespace: "app", kind: "StatefulSet", replicas: 1, containers: [] },
      claims: [{ name: "journal", size: "1Gi" }],
    });
  }),
];

import { object } from "../draft.ts";
import type { Draft } from "../draft.ts";
import type { Case } from "./case.ts";

/** A keystore of midPoint, a node, a PostgreSQL server, and an existing volume for one claim. */
const beside =
  (claim: string, imported?: true) =>
  (draft: Draft): void => {
    draft.ledger.credentials.push({
      ...{ name: "midpoint-keys", kind: "key", length: 256, rotation: 1, recipe: "", consumers: ["midpoint"] },
      ...(imported && { imported }),
      secrets: [{ namespace: "app", name: "mp-keystore", key: "keystore.jceks" }],
    });
    const group = { namespace: "app", kind: "StatefulSet", replicas: 1, containers: [] } as const;
    draft.ledger.podGroups.push(
      { ...group, component: "midpoint", name: "mp", claims: [{ name: "mp-home", size: "1Gi", storageClass: "fast" }] },
      { ...group, component: "postgres", name: "pg", claims: [{ name: "data", size: "1Gi", storageClass: "fast" }] },
      { ...group, component: "other", name: "x", claims: [{ name: "data", size: "1Gi", storageClass: "fast" }] },
    );
    draft.objects.push(
      object("v1", "PersistentVolume", "old", {
        spec: {
          capacity: { storage: "1Gi" },
          claimRef: { namespace: "app", name: claim },
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: "fast",
        },
      }),
    );
  };

/** Cases of plan/checks/keystore.ts. */
export const keystoreCases: readonly Case[] = [
  {
    id: "GP144",
    name: "a new key beside an existing volume of a node",
    when: beside("mp-home-mp-0"),
    finds: [["Secret app/mp-keystore", /^has a new key, but PersistentVolume old contains old data of midPoint$/]],
  },
  {
    id: "GP144",
    name: "a new key beside an existing volume of PostgreSQL",
    when: beside("data-pg-0"),
    finds: [["Secret app/mp-keystore", /^has a new key, but PersistentVolume old contains old data of PostgreSQL$/]],
  },
  { id: "GP144", name: "an existing volume of another component", when: beside("data-x-0"), finds: [] },
];

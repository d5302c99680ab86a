import { object } from "../draft.ts";
import type { Draft } from "../draft.ts";
import type { Case } from "./case.ts";

/** A StatefulSet of a chart that claims 20Gi of the class `fast`, and a volume that is kept for its second pod. */
const kept =
  (spec: object, claim: { readonly storageClass?: string } = { storageClass: "fast" }) =>
  (draft: Draft): void => {
    draft.ledger.podGroups.push({
      component: "test",
      name: "mongo",
      namespace: "app",
      kind: "StatefulSet",
      replicas: 2,
      containers: [],
      claims: [{ name: "data", size: "20Gi", ...claim }],
    });
    draft.objects.push(
      object("v1", "PersistentVolume", "old", {
        spec: {
          capacity: { storage: "20Gi" },
          claimRef: { namespace: "app", name: "data-mongo-1" },
          persistentVolumeReclaimPolicy: "Retain",
          storageClassName: "fast",
          ...spec,
        },
      }),
    );
  };

/** Cases of plan/checks/volumes.ts. */
export const volumeCases: readonly Case[] = [
  {
    id: "GP109",
    name: "a volume of another class, and too small",
    when: kept({ storageClassName: "slow", capacity: { storage: "10Gi" } }),
    finds: [
      ["PersistentVolume old", /has 10Gi, but the claim app\/data-mongo-1 requests 20Gi/],
      ["PersistentVolume old", /has the storage class slow, but the claim app\/data-mongo-1 requests fast/],
    ],
  },
  {
    id: "GP109",
    name: "a volume without a class",
    when: kept({ storageClassName: undefined }),
    finds: [["PersistentVolume old", /has no storage class, but the claim app\/data-mongo-1 requests fast/]],
  },
  { id: "GP109", name: "a volume that fits, and is larger", when: kept({ capacity: { storage: "30Gi" } }), finds: [] },
  {
    id: "GP109",
    name: "a claim of the cluster's default class, which is unknown",
    when: kept({ storageClassName: "slow" }, {}),
    finds: [],
  },
  {
    id: "GP109",
    name: "a volume for a claim of an application",
    when: kept({ storageClassName: "slow", claimRef: { namespace: "app", name: "files" } }),
    finds: [],
  },
];

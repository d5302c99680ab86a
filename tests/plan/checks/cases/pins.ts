import { containerOf, one } from "../draft.ts";
import type { Draft } from "../draft.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const digest = `sha256:${"ab".repeat(32)}`;
const pinned = (draft: Draft, but: string, lock = "web") => {
  draft.settings["images"] = { lock: `tests/plan/images/${lock}.lock.json`, tags: {} };
  for (const name of [web, "Deployment app/logs", "StatefulSet app/mongo"]) {
    const container = containerOf(draft, name) as { image: string };
    if (name !== but) container.image = `${container.image}@${digest}`;
  }
  one(draft, "Cluster app/db").manifest.spec.imageName += `@${digest}`;
};
const tags = (own: Record<string, string>) => (draft: Draft) => {
  draft.settings["images"] = { tags: own };
};

/** Cases of plan/checks/pins.ts. */
export const pinCases: readonly Case[] = [
  {
    id: "GP146",
    name: "an image by tag beside a lock without it",
    when: (draft) => {
      pinned(draft, web, "empty");
    },
    finds: [[web, /by its tag: the lock has no digest for it$/]],
  },
  {
    id: "GP146",
    name: "an image by tag although the lock has its digest",
    when: (draft) => {
      pinned(draft, web);
      (containerOf(draft, web) as { image: string }).image = "docker.io/example/web:1.2.3";
    },
    finds: [[web, /by its tag: its chart has no value for a digest$/]],
  },
  {
    id: "GP146",
    name: "only digests",
    when: (draft) => {
      pinned(draft, "");
    },
    finds: [],
  },
  {
    id: "GP147",
    name: "a repository that no pod uses, with the nearest",
    when: tags({ "docker.io/example/wep": "1.2.4" }),
    finds: [["Image docker.io/example/wep", /no pod uses it: the nearest is docker\.io\/example\/web$/]],
  },
  {
    id: "GP147",
    name: "a tag that the chart does not take",
    when: (draft) => {
      (containerOf(draft, web) as { image: string }).image = "docker.io/example/web:1.2.3";
      tags({ "docker.io/example/web": "1.2.4" })(draft);
    },
    finds: [
      ["Image docker.io/example/web", /has the tag 1\.2\.4 in images\.tags, but Deployment app\/web uses docker/],
    ],
  },
  {
    id: "GP147",
    name: "a tag in use",
    when: (draft) => {
      (containerOf(draft, web) as { image: string }).image = "docker.io/example/web:1.2.4";
      tags({ "docker.io/example/web": "1.2.4" })(draft);
    },
    finds: [],
  },
];

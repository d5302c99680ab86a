import { release } from "../draft.ts";
import type { Case } from "./case.ts";

const kong = "Release app/kong";
const values = { kong: { proxy: { type: "NodePort" } } };

export const overrideCases: readonly Case[] = [
  {
    id: "GP140",
    name: "values of a release that the stack does not have, by the nearest name and by all",
    when: (draft) => {
      draft.releases.push(release("app", "kong", "kong"));
      draft.settings["charts"] = { values: { kongg: { a: 1 }, prometheus: { a: 1 } } };
    },
    finds: [
      ["Release kongg", /no release of this name: the nearest is kong$/],
      ["Release prometheus", /no release of this name: its releases are .*kong/],
    ],
  },
  {
    id: "GP140",
    name: "a value of the component that charts.override does not list",
    when: (draft) => {
      draft.releases.push(release("app", "kong", "kong"));
      draft.settings["charts"] = { values };
      draft.ledger.overrides.push({ release: "app/kong", path: "proxy.type", effect: "refused" });
    },
    finds: [[kong, /own value at proxy\.type, because charts\.override does not list kong\.proxy\.type$/]],
  },
  {
    id: "GP140",
    name: "a value that changes nothing",
    when: (draft) => {
      draft.releases.push(release("app", "kong", "kong"));
      draft.idleValues.push(
        { release: "app/kong", path: "proxxy.type", near: "proxy.type" },
        { release: "app/kong", path: "other" },
      );
    },
    finds: [
      [kong, /without other: it is misspelt, or the chart's default$/],
      [kong, /without proxxy\.type: the nearest path is proxy\.type$/],
    ],
  },
  {
    id: "GP141",
    name: "a replaced value, and no added one",
    when: (draft) => {
      draft.releases.push(release("app", "kong", "kong"));
      draft.ledger.overrides.push(
        { release: "app/kong", path: "proxy.type", effect: "replaced" },
        { release: "app/kong", path: "waitImage.tag", effect: "added" },
      );
    },
    finds: [[kong, /has another value at proxy\.type than its component sets$/]],
  },
  {
    id: "GP142",
    name: "another version than the one that is tested, and no opinion of an unknown chart",
    when: (draft) => {
      draft.releases.push(
        { ...release("app", "kong", "kong"), version: "3.0.0" },
        { ...release("app", "own", "own"), version: "9.9.9" },
      );
    },
    finds: [[kong, /has kong 3\.0\.0, and [0-9.]+ is tested$/]],
  },
];

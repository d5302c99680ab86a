import { catalogue } from "../../components/kit/catalogue.ts";
import type { ChartName } from "../../components/kit/catalogue.ts";
import { nearest } from "../../stacks/settings/problems.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";

/** Checks of what a stack sets in charts beyond the platform's settings. */
export const overrideChecks: readonly Check[] = [
  {
    id: "GP140",
    title: "Every value of charts.values has an effect",
    severity: "error",
    reason:
      "Helm ignores a value that its chart does not read, and the component's own value stays where wiring or security depends on it.",
    fix: "Correct the path; or, to replace a component's value, add it to `charts.override` and read what depends on it.",
    examine: ({ ledger, idleValues, releases, settings: { charts } }) => {
      const examination = new Examination();
      const names = releases.map(({ name }) => name);
      for (const name of Object.keys(charts.values).filter((one) => !names.includes(one))) {
        const near = nearest(name, names);
        const list = near === undefined ? `its releases are ${names.join(", ") || "none"}` : `the nearest is ${near}`;
        examination.find(`Release ${name}`, `is in charts.values, and the stack has no release of this name: ${list}`);
      }
      for (const { namespace, name } of releases) examination.look(`Release ${namespace}/${name}`);
      for (const { release, path, effect } of ledger.overrides) {
        if (effect !== "refused") continue;
        const object = `Release ${release}`;
        const entry = `${release.split("/")[1] ?? ""}.${path}`;
        examination.find(
          object,
          `keeps the component's own value at ${path}, because charts.override does not list ${entry}`,
        );
      }
      for (const { release, path, near } of idleValues ?? []) {
        const hint = near === undefined ? "it is misspelt, or the chart's default" : `the nearest path is ${near}`;
        examination.find(`Release ${release}`, `renders the same objects without ${path}: ${hint}`);
      }
      return examination;
    },
  },
  {
    id: "GP141",
    title: "No value of a component is replaced",
    severity: "warning",
    reason:
      "Components set values because their wiring, their policies or their security depends on them. No test covers a replaced one.",
    fix: "Use a setting where there is one. Otherwise review what depends on the value, and accept the finding with an exemption.",
    examine: ({ ledger, releases }) => {
      const examination = new Examination();
      for (const { namespace, name } of releases) examination.look(`Release ${namespace}/${name}`);
      for (const { release, path, effect } of ledger.overrides) {
        if (effect === "replaced")
          examination.find(`Release ${release}`, `has another value at ${path} than its component sets`);
      }
      return examination;
    },
  },
  {
    id: "GP142",
    title: "Charts have the versions that are tested",
    severity: "warning",
    reason:
      "Values, ports and names may differ in another version of a chart, and a plan sees only what it can render.",
    fix: "Remove the entry of `charts.versions` after an upgrade that has this version or a later one.",
    examine: ({ releases }) => {
      const examination = new Examination();
      for (const { namespace, name, chart, version } of releases) {
        const object = `Release ${namespace}/${name}`;
        examination.look(object);
        if (!Object.hasOwn(catalogue, chart)) continue;
        const tested = catalogue[chart as ChartName].version;
        if (version !== tested) examination.find(object, `has ${chart} ${version}, and ${tested} is tested`);
      }
      return examination;
    },
  },
];

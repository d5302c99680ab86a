import assert from "node:assert/strict";
import { createRequire } from "node:module";
import grpc from "@grpc/grpc-js";
import type * as policy from "@pulumi/policy";
import type { Server } from "@grpc/grpc-js";
import { runChecks } from "../../../plan/checks/checks.ts";
import { plannedObjects, plannedReleases } from "../../../plan/objects.ts";
import type { Plan } from "../../../plan/plan.ts";
import type { Recorded } from "../../../plan/recorder.ts";
import { violationsOf } from "../../../plan/policy/validate.ts";
import type { Program, Violation } from "../../../plan/policy/validate.ts";
import { today } from "../checks/cases/case.ts";
import type { Case } from "../checks/cases/case.ts";
import { planOf } from "../checks/draft.ts";
import { goodDraft } from "../checks/good.ts";
import { Analyzer, stackResource, unknownValue } from "./engine.ts";

/** URNs of drafts as the engine makes them. */
// A provider's type starts with `pulumi:` too.
const urnOf = (urn: string) => (/^urn:pulumi:[^:]+::/.test(urn) ? urn : `urn:pulumi:test::groundplan::drafted::${urn}`);

/** A draft's plan whose resources have what the program would register. */
function registered(plan: Plan): Plan {
  const component = { ...stackResource("test"), type: "groundplan:test:Test", name: "test" };
  const manifests = new Map<string, { type: string; inputs: Recorded["inputs"] }>();
  for (const { apiVersion, kind, manifest, urn } of plan.objects)
    manifests.set(urn, {
      type: `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`,
      inputs: { ...manifest, apiVersion, kind },
    });
  for (const { chart, name, namespace, urn, values, version } of plan.releases)
    manifests.set(urn, { type: "kubernetes:helm.sh/v3:Release", inputs: { chart, name, namespace, values, version } });
  const resources = plan.resources.map((resource): Recorded => {
    const { dependencies, parent, provider, urn } = resource;
    return {
      ...resource,
      ...manifests.get(urn),
      urn: urnOf(urn),
      parent: parent && urnOf(parent),
      // URN and id.
      provider: provider && urnOf(provider),
      dependencies: dependencies.map(urnOf),
    };
  });
  const parents = new Set(plan.resources.map(({ parent }) => parent).filter((parent) => parent !== ""));
  const components = [...parents].filter((parent) => !plan.resources.some(({ urn }) => urn === parent));
  const rendered = plan.rendered.map((object) => ({ ...object, urn: urnOf(object.urn) }));
  return { ...plan, rendered, resources: [...resources, ...components.map((urn) => ({ ...component, urn }))] };
}

/** The plan of the engine's resources, with everything else of a draft. */
const planned = (resources: readonly Recorded[], plan: Plan): Promise<Plan> =>
  Promise.resolve({ ...plan, resources, objects: plannedObjects(resources), releases: plannedReleases(resources) });

const sorted = (texts: readonly string[]) => [...texts].sort();

/** Asks the real server of @pulumi/policy, in this process and with the functions of the pack, for what it finds in each case. */
export function describePack(cases: readonly Case[]): void {
  describe("the policy pack, asked over gRPC as the engine does,", () => {
    let analyzer: Analyzer;
    let server: Server | undefined;
    let program: Program;
    let day = today;
    let violations: Violation[];

    before(async () => {
      const { PolicyPack } = createRequire(import.meta.url)("@pulumi/policy") as typeof policy;
      const { log } = console;
      // The pack's server has no end of its own: it ends with the process, and here with the tests.
      // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the server below
      const bind = grpc.Server.prototype.bindAsync;
      grpc.Server.prototype.bindAsync = function (this: Server, ...args) {
        // eslint-disable-next-line @typescript-eslint/no-this-alias -- the only way to the server
        server = this;
        bind.apply(this, args);
      };
      const port = await new Promise<string>((resolve) => {
        console.log = (text: string) => resolve(text);
        new PolicyPack("test", {
          enforcementLevel: "mandatory",
          policies: [
            {
              name: "checks",
              description: "",
              validateStack: async ({ resources }, report) => {
                violations = await violationsOf(resources, program, planned, day);
                violations.forEach(({ message, urn }) => report(message, urn));
              },
            },
          ],
        });
      });
      console.log = log;
      grpc.Server.prototype.bindAsync = bind;
      analyzer = new Analyzer(port);
    });
    after(() => {
      analyzer.stop();
      server?.forceShutdown();
    });

    for (const one of [{ name: "the good plan", when: () => undefined, today: undefined, id: "" }, ...cases]) {
      it(`finds what the plan's checks find: ${one.id} ${one.name}`, async () => {
        const draft = goodDraft();
        one.when(draft);
        const plan = registered(planOf(draft));
        day = one.today ?? today;
        program = { plan };
        const diagnostics = await analyzer.analyze([stackResource("test"), ...plan.resources]);
        const found = (of: Plan) =>
          runChecks(of, day).results.flatMap(({ findings, fix, id, title }) =>
            findings.map(({ container, message, object }) => {
              const subject = container === undefined ? object : `${object}, container ${container},`;
              return { id, text: `${id} (${title}): ${subject} ${message}. ${fix}` };
            }),
          );
        // A plan lists objects by name, a draft as it is made: some messages follow that order.
        const expected = found(await planned(plan.resources, plan)).map(({ text }) => text);
        assert.deepEqual(
          sorted(diagnostics.map(({ message }) => message.trim().slice(0, 5))),
          sorted(found(planOf(draft)).map(({ id }) => id)),
        );
        assert.deepEqual(sorted(diagnostics.map(({ message }) => message.trim())), sorted(expected));
      });

      it(`without the program names every check that is not run, and the others find the same: ${one.id} ${one.name}`, async () => {
        const draft = goodDraft();
        one.when(draft);
        const plan = registered(planOf(draft));
        day = one.today ?? today;
        program = { unknown: "the engine gave no configuration" };
        const diagnostics = await analyzer.analyze([stackResource("test"), ...plan.resources]);
        assert.equal(diagnostics.length, violations.length);
        assert.ok(violations.every(({ enforcementLevel }) => enforcementLevel === "advisory"));
        const left = new Set(
          violations.filter(({ message }) => message.includes("was not run")).map(({ check }) => check),
        );
        assert.ok(left.size > 10 && left.size < 50, String(left.size));
        // Objects of charts are not at hand; with them, a check may know more.
        if (planOf(draft).rendered.length !== goodRendered) return;
        const { results } = runChecks({ ...planOf(draft), rendered: [], notRendered: unrendered(plan) }, day);
        for (const { exempted, findings, id } of results) {
          if (left.has(id) || id === "GP001") continue;
          const found = violations.filter(({ check }) => check === id).length;
          assert.equal(found, findings.length + exempted.length, `${id}: ${JSON.stringify(findings)}`);
        }
      });
    }

    it("takes a value that a preview does not know from the program, and says so where the program has none", async () => {
      const plan = registered(planOf(goodDraft()));
      program = { plan };
      const unknown = plan.resources.map((resource) =>
        resource.type === "kubernetes:core/v1:ConfigMap"
          ? { ...resource, inputs: { ...resource.inputs, data: unknownValue, extra: unknownValue } }
          : resource,
      );
      assert.deepEqual(await analyzer.analyze(unknown), []);
    });

    it("ignores what the API server adds", async () => {
      const plan = registered(planOf(goodDraft()));
      program = { plan };
      const live = plan.resources.map((resource): Recorded => {
        const { metadata } = resource.inputs as { metadata?: object };
        if (metadata === undefined) return resource;
        const added = {
          uid: "1",
          resourceVersion: "2",
          managedFields: [{}],
          creationTimestamp: "2026-01-01T00:00:00Z",
        };
        return {
          ...resource,
          inputs: { ...resource.inputs, metadata: { ...metadata, ...added }, status: { replicas: 1, conditions: [] } },
        };
      });
      assert.deepEqual(await analyzer.analyze(live), []);
    });
  });
}

const goodRendered = planOf(goodDraft()).rendered.length;
const unrendered = ({ releases }: Plan) =>
  releases.map(({ name, namespace }) => ({ release: `${namespace}/${name}`, reason: "" }));

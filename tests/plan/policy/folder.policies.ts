import assert from "node:assert/strict";
import { madeUp, sentinel } from "../../../plan/recorder.ts";
import type { Recorded } from "../../../plan/recorder.ts";
import { readStackFile } from "../../../plan/stack-file.ts";
import { recordStack, root, stacks } from "../../stacks.ts";
import { Analyzer, defaultProvider, stackResource } from "./engine.ts";

describe("the folder policies, started by Pulumi's own program,", () => {
  const dev = stacks[0] ?? assert.fail();
  const { values } = readStackFile(dev.file);
  const given = { PULUMI_CONFIG: JSON.stringify(values), PULUMI_NODEJS_STACK: "dev", PULUMI_STACK: "dev" };
  const live = async () => {
    const { resources } = await recordStack(dev);
    // Another project's name, and what providers give back.
    const rename = (urn: string) => urn.replace("::groundplan::", "::own-project::");
    return resources.map((resource) => ({
      ...resource,
      urn: rename(resource.urn),
      parent: rename(resource.parent),
      provider: rename(resource.provider),
      dependencies: resource.dependencies.map(rename),
      inputs: { ...resource.inputs, ...madeUp(resource.type, resource.name, { ...resource.inputs }) },
    }));
  };
  const plain = (resources: readonly Recorded[]) => resources.filter(({ type }) => !/^(random|tls):/.test(type));
  let analyzer: Analyzer | undefined;
  afterEach(() => analyzer?.stop());

  it("finds no error in dev, and an image without a tag ends the preview", async () => {
    analyzer = await Analyzer.start(`${root}/policies`, given);
    const added = [stackResource("dev"), defaultProvider("dev", "random"), defaultProvider("dev", "tls")];
    const resources = [...plain(await live()), ...added];
    const good = await analyzer.analyze(resources);
    assert.deepEqual(
      good.filter(({ mandatory }) => mandatory),
      [],
    );
    assert.deepEqual(
      good.filter(({ message }) => message.includes("default_1_0_0")),
      [],
    );
    const bad = resources.map((resource) =>
      resource.type === "kubernetes:apps/v1:StatefulSet" || resource.type === "kubernetes:apps/v1:Deployment"
        ? {
            ...resource,
            inputs: JSON.parse(
              JSON.stringify(resource.inputs).replace(/("image":"[^":]*):[^"]*"/g, '$1"'),
            ) as Recorded["inputs"],
          }
        : resource,
    );
    const found = (await analyzer.analyze(bad)).filter(({ mandatory }) => mandatory);
    assert.ok(found.length > 0);
    assert.ok(
      found.some(
        ({ message, policy, urn }) =>
          policy === "errors" && message.includes("GP020") && urn.includes("::own-project::"),
      ),
      JSON.stringify(found),
    );
    assert.ok(!JSON.stringify([...good, ...found]).includes(sentinel), "a secret in a message");
  });

  it("names the checks that are not run where the program cannot be", async () => {
    analyzer = await Analyzer.start(`${root}/policies`, { ...given, PULUMI_CONFIG: "" });
    const found = await analyzer.analyze(plain(await live()));
    assert.deepEqual(
      found.filter(({ mandatory }) => mandatory),
      [],
    );
    assert.ok(
      found.some(({ message }) =>
        /GP012 was not run|GP\d+ was not run \(.*\): it needs the settings, and /.test(message),
      ),
      found[0]?.message,
    );
  });
});

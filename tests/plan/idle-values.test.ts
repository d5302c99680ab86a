import assert from "node:assert/strict";
import type { ValueOverride } from "../../components/kit/overrides.ts";
import { idleValues } from "../../plan/idle-values.ts";
import type { PlannedRelease } from "../../plan/objects.ts";
import { release } from "./checks/draft.ts";

/** A chart that reads `proxy.type` and the member `grafana.ini` alone. */
const render = (releases: readonly PlannedRelease[]) =>
  Promise.resolve({
    objects: releases.map(({ namespace, name, values: { proxy, ...rest } }) => ({
      urn: "",
      component: "",
      release: `${namespace}/${name}`,
      apiVersion: "v1",
      kind: "ConfigMap",
      name,
      manifest: { type: (proxy as { type?: string } | undefined)?.type ?? "LoadBalancer", ini: rest["grafana.ini"] },
    })),
    missing: releases.flatMap(({ name }) =>
      name === "absent" ? [{ release: "app/absent", reason: "not at hand" }] : [],
    ),
  });
const defaults = () => Promise.resolve({ proxy: { type: "LoadBalancer", tls: {} }, admin: {} });

async function idle(values: Record<string, unknown>, ...paths: string[]) {
  const overrides = paths.map((path): ValueOverride => ({ release: "app/kong", path, effect: "added" }));
  const releases = [release("app", "kong", "kong", values), release("app", "other", "kong")];
  const found = await idleValues(releases, overrides, await render(releases), render, defaults);
  return found.map(({ path, near }) => (near === undefined ? path : `${path} (${near})`));
}

describe("values of charts without an effect", () => {
  it("are those whose absence changes no object, with the nearest path", async () => {
    const values = { proxy: { type: "NodePort", tlss: {} }, prxy: { type: "NodePort" }, "grafana.ini": { a: 1 } };
    assert.deepEqual(await idle(values, "proxy.type", "proxy.tlss", "prxy.type", "grafana.ini.a"), [
      "proxy.tlss (proxy.tls)",
      "prxy.type (proxy)",
    ]);
  });

  it("include the chart's own default", async () =>
    assert.deepEqual(await idle({ proxy: { type: "LoadBalancer" } }, "proxy.type"), ["proxy.type"]));

  it("are not judged where the chart is not rendered, or the component's value stays", async () => {
    const absent: ValueOverride = { release: "app/absent", path: "a", effect: "added" };
    const refused: ValueOverride = { release: "app/kong", path: "a", effect: "refused" };
    const releases = [release("app", "absent", "kong"), release("app", "kong", "kong")];
    assert.deepEqual(await idleValues(releases, [absent, refused], await render(releases), render, defaults), []);
  });
});

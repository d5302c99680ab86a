import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { chartFile } from "../../components/kit/catalogue.ts";
import { renderReleases } from "../../plan/charts.ts";
import { release } from "./checks/draft.ts";

// A program in Helm's place. What real charts render is in tests/charts.
describe("charts", () => {
  let folder: string;
  const before_: Record<string, string | undefined> = {};
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "groundplan-charts-"));
    for (const name of ["PATH", "XDG_CACHE_HOME"]) before_[name] = process.env[name];
    process.env["XDG_CACHE_HOME"] = folder;
    process.env["PATH"] = [folder, process.env["PATH"]].join(delimiter);
    writeFileSync(join(folder, chartFile("keycloakx")), folder);
  });
  after(() => {
    Object.assign(process.env, before_);
    if (before_["XDG_CACHE_HOME"] === undefined) delete process.env["XDG_CACHE_HOME"];
    rmSync(folder, { recursive: true });
  });

  const rendered = (name: string, helm: string, chart = "keycloakx") => {
    writeFileSync(join(folder, "helm"), `#!/bin/sh\n${helm}\n`);
    chmodSync(join(folder, "helm"), 0o755);
    const source = { kind: "folder", path: folder, checksums: {} } as const;
    return renderReleases([release("app", name, chart)], source, { version: "1.34", apiVersions: [] });
  };
  const printed = (text: string) => `cat <<'END'\n${text}\nEND`;
  const reject = (reason: string) => `echo 'Error: ${reason}' >&2; exit 1`;

  it("that Helm rejects have Helm's own reason, and are refused", async () => {
    const reason = "chart requires kubeVersion: >=1.35.0-0 which is incompatible with Kubernetes v1.34.0";
    const { missing, objects } = await rendered("a", reject(reason));
    assert.deepEqual(missing, [{ release: "app/a", reason, refused: true }]);
    assert.deepEqual(objects, []);
  });

  it("that are not at hand are a note", async () => {
    const { missing } = await rendered("b", "exit 1", "thanos");
    assert.deepEqual(missing, [
      { release: "app/b", reason: `${chartFile("thanos")} is not in ${folder}`, refused: undefined },
    ]);
  });

  it("keep their other objects if one has no name, and lists are the objects in them", async () => {
    const text = `
apiVersion: v1
kind: ConfigMap
data: {}
---
apiVersion: v1
kind: List
items:
  - { apiVersion: v1, kind: Secret, metadata: { name: one } }
---
apiVersion: v1
kind: ServiceAccountList
items: [{ metadata: { name: two } }]
---
apiVersion: v1
kind: Service
metadata: { name: three }`;
    const { missing, objects, unnamed } = await rendered("c", printed(text));
    assert.deepEqual(missing, []);
    assert.deepEqual(
      objects.map(({ kind, name, namespace }) => `${kind} ${namespace}/${name}`),
      ["Secret app/one", "ServiceAccount app/two", "Service app/three"],
    );
    assert.deepEqual(unnamed, [{ release: "app/c", kind: "ConfigMap" }]);
  });
});

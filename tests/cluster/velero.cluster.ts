// The objects that people write by hand for Velero, as the documents have them, on a real API server with Velero's kinds. No Velero runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { root } from "../stacks.ts";
import { skip, useCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { definitionsOf } from "./definitions.ts";

/** The objects that the commands of a document create. */
function created(...path: string[]): string[] {
  const text = readFileSync(join(root, "docs", ...path), "utf8");
  return [...text.matchAll(/kubectl create -f - <<'YAML'\n([^]*?)\n *YAML\n/g)].map(([, yaml = ""]) => yaml);
}

const written = [...created("backup.md"), ...created("runbooks", "velero.md")].map((yaml) =>
  yaml.replaceAll("NAMESPACE", "wiki"),
);
const ofVelero = written.filter((yaml) => yaml.includes("velero.io/"));

describe("what documents say to create for Velero", function () {
  this.timeout(600_000);
  let cluster: Cluster;

  before(async function () {
    cluster = await useCluster(this);
    const definitions = definitionsOf("velero");
    if (definitions === undefined) return skip(this, "the definitions of Velero are not at hand");
    cluster.kubectl(["apply", "--server-side", "-f", "-"], definitions);
    cluster.kubectl(["wait", "--for=condition=Established", "--timeout=60s", "crd/restores.velero.io"]);
    cluster.kubectl(["create", "namespace", "velero"]);
  });
  after(
    () =>
      void (cluster as Cluster | undefined)?.kubectl([
        "delete",
        "namespace",
        "velero",
        "--ignore-not-found",
        "--wait=false",
      ]),
  );

  const create = (yaml: string) =>
    cluster.kubectl(["create", "--dry-run=server", "--validate=strict", "-f", "-"], yaml);

  it("is a Restore and a Backup, which the API server accepts", () => {
    assert.deepEqual(
      ofVelero.map((yaml) => (parse(yaml) as { kind: string }).kind),
      ["Restore", "Backup"],
    );
    for (const yaml of ofVelero) assert.match(create(yaml).out, /created \(server dry run\)/);
  });

  it("may also be of single kinds, as the document writes the spec", () => {
    const text = readFileSync(join(root, "docs", "backup.md"), "utf8");
    const [, spec = ""] = /\n( +spec:\n(?: +.*\n)*? +includedResources: .*\n)/.exec(text) ?? [];
    const whole = { ...(parse(ofVelero[0] ?? "") as object), ...(parse(spec) as object) };
    assert.match(create(stringify(whole)).out, /created \(server dry run\)/);
    const misspelt = stringify({ ...whole, spec: { backupName: "wiki", includedResource: ["configmaps"] } });
    assert.throws(() => create(misspelt), /includedResource/);
  });
});

import assert from "node:assert/strict";
import { databaseCredential } from "../../components/postgres/credentials.ts";
import { bucketCredential } from "../../components/storage/credentials.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { neededBy } from "../../stacks/platform/part.ts";
import { parts } from "../../stacks/platform/parts.ts";
import { chartsOf, credentialsOf, namespacesOf, neededOf } from "../../stacks/settings/derive.ts";
import { fullHost } from "../../components/kit/names.ts";
import { examples, recordStack, stacks, variants } from "../stacks.ts";

const sorted = (texts: Iterable<string>) => [...texts].sort();
const unique = (texts: readonly string[]) => sorted(new Set(texts));

// A program of one's own adds what no part knows: tests/extension.
const declared = [...stacks, ...examples, ...variants].filter(({ extension }) => extension === undefined);

for (const stack of declared) {
  describe(`what the parts of ${stack.name} need is what the program makes`, () => {
    const made = async () => {
      const { resources, result } = await recordStack(stack);
      return { resources, objects: plannedObjects(resources), ...result };
    };

    it("namespaces, each with its Pod Security Standard", async () => {
      const { objects, settings } = await made();
      const namespaces = objects.filter(({ kind }) => kind === "Namespace");
      assert.deepEqual(
        sorted(namespacesOf(settings).map(({ name, podSecurity }) => `${name} ${podSecurity}`)),
        sorted(namespaces.map(({ name, manifest }) => `${name} ${enforced(manifest) ?? "none"}`)),
      );
    });

    it("no namespace that no object is in", async () => {
      const { objects, resources, settings } = await made();
      const used = new Set([...objects, ...plannedReleases(resources)].map(({ namespace }) => namespace));
      assert.deepEqual(
        neededOf(settings).namespaces.filter(({ name }) => !used.has(name)),
        [],
      );
    });

    it("K10, D2: charts, all of them in one run", async () => {
      const { resources, settings } = await made();
      assert.deepEqual(sorted(chartsOf(settings)), sorted(plannedReleases(resources).map(({ chart }) => chart)));
    });

    it("credentials", async () => {
      const { ledger, settings } = await made();
      assert.deepEqual(
        credentialsOf(settings).map(({ name }) => name),
        sorted(ledger.credentials.map(({ name }) => name)),
      );
    });

    it("databases", async () => {
      const { ledger, settings } = await made();
      const suffix = databaseCredential("").name;
      assert.deepEqual(
        sorted(neededOf(settings).databases),
        sorted(
          ledger.credentials.flatMap(({ name }) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : [])),
        ),
      );
    });

    it("buckets", async () => {
      const { ledger, settings } = await made();
      const suffix = bucketCredential("").name;
      // Buckets at a service outside have no credential of their own: the network edge to it names them.
      const outside = ledger.edges.flatMap(({ purpose }) => /^bucket (\S+)$/.exec(purpose)?.[1] ?? []);
      const own = ledger.credentials.flatMap(({ name }) =>
        name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : [],
      );
      assert.deepEqual(unique(neededOf(settings).buckets), unique([...outside, ...own]));
    });

    it("claims with files", async () => {
      const { ledger, settings } = await made();
      const names = (claims: readonly { readonly namespace: string; readonly claim: string }[]) =>
        sorted(claims.map(({ claim, namespace }) => `${namespace}/${claim}`));
      assert.deepEqual(names(neededOf(settings).claims), names(ledger.data.flatMap(({ claim }) => claim ?? [])));
    });

    it("clients of the realm", async () => {
      const { ledger, settings } = await made();
      const asking = ledger.edges.flatMap(({ purpose }) => /^client (\S+) asks Keycloak$/.exec(purpose)?.[1] ?? []);
      assert.deepEqual(sorted(neededOf(settings).clients.map(({ name }) => name)), sorted(asking));
    });

    it("hosts", async () => {
      const { ledger, settings } = await made();
      const hosts = neededOf(settings).hosts.map(({ host }) => fullHost(host, settings.domain));
      assert.deepEqual(unique(hosts), sorted(ledger.hosts.map(({ host }) => host)));
    });

    it("pods of everything that alerts and dashboards show, in its namespace", async () => {
      const { ledger, settings } = await made();
      const running = new Set(ledger.podGroups.map(({ namespace }) => namespace));
      const shown = settings.monitoring.enabled ? neededOf(settings).watched : [];
      assert.deepEqual(
        shown.filter(({ namespace }) => !running.has(namespace)),
        [],
      );
      assert.deepEqual(
        unique(shown.map(({ component }) => component)),
        sorted(shown.map(({ component }) => component)),
      );
    });
  });
}

it("every part is on in some stack, example or variant", async () => {
  const seen = new Map(parts.map((part) => [part, new Set<boolean>()]));
  for (const stack of declared) {
    const { settings } = (await recordStack(stack)).result;
    for (const part of parts) seen.get(part)?.add(part.on(settings));
  }
  assert.ok([...seen.values()].every((states) => states.has(true)));
});

it("a part of one's own adds to what the others need", async () => {
  const { settings } = (await recordStack(stacks[0] ?? assert.fail())).result;
  const wiki = { on: () => true, needs: () => ({ databases: ["wiki"], namespaces: [{ name: "wiki" }] }) };
  const needed = neededBy([...parts, wiki], settings);
  assert.deepEqual(needed.databases, [...neededOf(settings).databases, "wiki"]);
  assert.deepEqual(needed.namespaces.at(-1), { name: "wiki" });
});

function enforced(manifest: object): string | undefined {
  const { labels } = (manifest as { metadata: { labels: Record<string, string> } }).metadata;
  return labels["pod-security.kubernetes.io/enforce"];
}

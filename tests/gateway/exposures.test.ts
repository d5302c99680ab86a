// Any set of clients and hosts: what one declaration must give in every place at once.
import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { plannedObjects } from "../../plan/objects.ts";
import { sentinel } from "../../plan/recorder.ts";
import { recordStack, root } from "../stacks.ts";

interface Client {
  readonly name: string;
  readonly kind: string;
  readonly namespace: string;
}

interface Host {
  readonly host: string;
  readonly namespace: string;
  readonly service: string;
  readonly paths: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly apiOnly: boolean;
  readonly login?: object;
}

const domain = "dev.example.org";
const flag = fc.boolean();

/** Clients of the settings, and hosts before which one of them stands, or one of the host's own, or none. */
const asked = fc
  .record({
    kind: fc.constantFrom("kong", "traefik", "nginx"),
    plugin: flag,
    clients: fc.uniqueArray(
      fc.record({ name: fc.constantFrom("a", "b", "c"), kind: fc.constantFrom("confidential", "api") }),
      {
        maxLength: 3,
        selector: ({ name }) => name,
      },
    ),
    hosts: fc.uniqueArray(
      fc.record({
        host: fc.constantFrom("one", "two", "three", "four.example.net"),
        by: fc.constantFrom("a", "b", "c", "own", "nobody"),
        paths: fc.constantFrom(["/"], ["/x"], ["/x", "/y/"]),
        apiPaths: fc.constantFrom([], ["/api"]),
        apiOnly: flag,
        groups: fc.constantFrom([], ["staff"]),
        claims: fc.constantFrom({}, { role_id: "X-Role" }),
        removeAuthorization: flag,
        sticky: flag,
      }),
      { minLength: 1, maxLength: 4, selector: ({ host }) => host },
    ),
  })
  .map(({ kind, plugin, clients, hosts }) => ({
    kind,
    plugin: plugin && kind === "kong",
    clients: clients.map((client): Client => ({ ...client, namespace: "apps" })),
    hosts: hosts.map(({ host, by, apiOnly, paths, sticky, ...login }): Host & { readonly sticky: boolean } => {
      const declared = clients.find(({ name }) => name === by);
      const client = by === "own" ? `own-${host.split(".")[0]}` : declared?.name;
      const programs = declared?.kind === "api" || apiOnly;
      return {
        ...{ host, paths, sticky, namespace: "apps", service: "app", labels: { app: "app" } },
        apiOnly: client !== undefined && programs,
        ...(client === undefined ? {} : { login: { ...login, client } }),
      };
    }),
  }));

interface Realm {
  readonly clients: readonly { readonly clientId: string; readonly redirectUris: readonly string[] }[];
}

/** Hosts with the paths that lead somewhere, of Ingresses and IngressRoutes alike. */
function pathsOf({ kind, manifest }: ReturnType<typeof plannedObjects>[number]): [string, string][] {
  const { spec } = manifest as {
    spec: {
      rules?: { host: string; http: { paths: { path: string }[] } }[];
      routes?: { match: string }[];
      entryPoints?: string[];
    };
  };
  if (kind === "Ingress")
    return (spec.rules ?? []).flatMap(({ host, http }) =>
      http.paths.map(({ path }) => [host, path] as [string, string]),
    );
  if (kind !== "IngressRoute" || spec.entryPoints?.includes("web")) return [];
  return (spec.routes ?? []).flatMap(({ match }) => {
    const host = /Host\(`([^`]+)`\)/.exec(match)?.[1] ?? "";
    const prefixes = [...match.matchAll(/PathPrefix\(`([^`]+)`\)/g)].map(([, path]) => path ?? "");
    return (prefixes.length === 0 ? ["/"] : prefixes).map((path) => [host, path] as [string, string]);
  });
}

const file = join(root, "Pulumi.dev.yaml");
const off = ["monitoring={enabled: false}", "logging={enabled: false}"];

describe("any set of clients and hosts", function () {
  this.timeout(300_000);

  it("X5: has exact redirect URIs, a way back for every browser, and secrets in Secrets only", async () => {
    await fc.assert(
      fc.asyncProperty(asked, async ({ kind, plugin, clients, hosts }) => {
        const login = plugin ? { pluginImage: "registry.example.org/kong-oidc:3.9.3-1" } : {};
        const set = [
          ...off,
          `gateway=${JSON.stringify({ enabled: true, kind, login, hosts })}`,
          `keycloak=${JSON.stringify({ enabled: true, clients })}`,
        ];
        const { resources } = await recordStack({ name: "dev", file, set });
        const objects = plannedObjects(resources, ({ value }) => value);

        const wanted = new Map<string, string[]>(
          clients.filter((one) => one.kind === "confidential").map(({ name }) => [name, []]),
        );
        for (const { host, login: given } of hosts) {
          const { client } = (given ?? {}) as { client?: string };
          if (client === undefined || clients.some((one) => one.name === client && one.kind === "api")) continue;
          const full = host.includes(".") ? host : `${host}.${domain}`;
          wanted.set(client, [...(wanted.get(client) ?? []), `https://${full}/oauth2/callback`]);
        }
        const map = objects.find(({ kind: one, name }) => one === "ConfigMap" && name === "keycloak-realm");
        const realm = JSON.parse((map?.manifest["data"] as Record<string, string>)["realm.json"] ?? "") as Realm;
        const given = realm.clients
          .filter(({ clientId }) => !clients.some(({ name, kind: one }) => name === clientId && one === "api"))
          .map(({ clientId, redirectUris }) => [clientId, [...redirectUris].sort()] as const);
        assert.deepEqual(
          Object.fromEntries(given),
          Object.fromEntries([...wanted].map(([name, uris]) => [name, uris.sort()])),
        );

        const routed = objects.flatMap(pathsOf);
        for (const { host, login: given_, apiOnly, paths } of hosts) {
          const full = host.includes(".") ? host : `${host}.${domain}`;
          const own = routed.filter(([name]) => name === full).map(([, path]) => path.replace(/\/+$/, ""));
          for (const path of paths) assert.ok(own.includes(path.replace(/\/+$/, "")), `${full}${path} leads nowhere`);
          const back = own.some((path) => path === "" || path === "/oauth2");
          assert.ok(given_ === undefined || apiOnly || back, `${full} has no way back from a login`);
        }

        for (const object of objects)
          if (object.kind !== "Secret")
            assert.ok(
              !JSON.stringify(object.manifest).includes(sentinel),
              `${object.kind} ${object.name} tells a secret`,
            );
        assert.ok(objects.some((one) => one.kind === "Secret" && JSON.stringify(one.manifest).includes(sentinel)));
      }),
      { numRuns: 25 },
    );
  });
});

// Matrix as the stacks have it. No homeserver runs: see conduit.matrix.ts.
import assert from "node:assert/strict";
import { Matrix } from "../../components/matrix/matrix.ts";
import type { MatrixArgs } from "../../components/matrix/matrix.ts";
import type { Component } from "../../components/kit/component.ts";
import type { ExposureRequest } from "../../components/kit/bindings.ts";
import { plannedIn, valueAtPath } from "../documents.ts";
import { Empty, made } from "../kit/environment.ts";
import { fakeGateway, fakeIdentity } from "../midpoint/fakes.ts";
import type { Asked } from "../midpoint/fakes.ts";
import { recordStack, stackNamed } from "../stacks.ts";

/** A tuwunel at matrix.example.org for the server name example.org, with changes. */
async function deployed(changes: (owner: Component, asked: Asked) => Partial<MatrixArgs> = () => ({})) {
  const asked: Asked = { exposures: [], clients: [] };
  const { objects, ledger } = await made((environment) => {
    const rest = new Empty(environment, "rest");
    const args: MatrixArgs = {
      homeserver: "tuwunel",
      namespace: "matrix",
      name: "matrix",
      serverName: "example.org",
      host: "matrix",
      replicas: 1,
      resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "1Gi" } },
      storage: { size: "5Gi", role: "fast" },
      maxRequestSize: 20_971_520,
      registration: true,
      delegation: "homeserver",
      site: [],
      options: {},
      gateway: fakeGateway(rest, asked),
      ...changes(rest, asked),
    };
    new Matrix(environment, args, {});
  });
  const find = (kind: string, name: string) => objects.find((one) => one.kind === kind && one.name === name)?.manifest;
  const routes = asked.exposures.map(({ host, paths = ["/"], service }) => [host, ...paths, service.name].join(" "));
  return { objects, ledger, asked, find, routes };
}

const container = "spec.template.spec.containers.0";

describe("Matrix", () => {
  it("N07: has a claim with the document's name, size, class and label, which is kept in prod", async () => {
    const { find } = await plannedIn("matrix");
    const claim = find("PersistentVolumeClaim", "conduit-pv-claim");
    assert.deepEqual(claim["spec"], {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "50Gi" } },
      storageClassName: "nfs-big",
    });
    const { resources } = await recordStack(stackNamed("matrix"));
    const { protect, retainOnDelete } = resources.find(({ name }) => name === "matrix-claim") ?? {};
    assert.deepEqual([protect, retainOnDelete], [true, true]);
  });

  it("N09: the registration token is generated, and the homeserver gets it from the Secret alone", async () => {
    const { find, ledger } = await deployed();
    const data = find("Secret", "matrix-secret")?.["stringData"] as Record<string, string>;
    assert.deepEqual(Object.keys(data), ["TUWUNEL_REGISTRATION_TOKEN"]);
    const deployment = find("Deployment", "matrix-deploy");
    assert.deepEqual(valueAtPath(deployment, `${container}.env`), [
      {
        name: "TUWUNEL_REGISTRATION_TOKEN",
        valueFrom: { secretKeyRef: { name: "matrix-secret", key: "TUWUNEL_REGISTRATION_TOKEN" } },
      },
    ]);
    assert.deepEqual(
      ledger.credentials.map(({ name, secrets }) => [name, secrets]),
      [["matrix-registration", [{ namespace: "matrix", name: "matrix-secret", key: "TUWUNEL_REGISTRATION_TOKEN" }]]],
    );
    const closed = await deployed(() => ({ registration: false }));
    assert.equal(closed.find("Secret", "matrix-secret"), undefined);
    assert.equal(valueAtPath(closed.find("ConfigMap", "matrix-config"), "data.TUWUNEL_ALLOW_REGISTRATION"), "false");
  });

  it("N10: one pod at a time opens the database, and one that is stopped stays stopped", async () => {
    const { find } = await plannedIn("matrix");
    const deployment = find("Deployment", "conduit-deploy");
    assert.equal(valueAtPath(deployment, "spec.replicas"), 1);
    assert.deepEqual(valueAtPath(deployment, "spec.strategy"), { type: "Recreate" });
    const stopped = await deployed(() => ({ replicas: 0 }));
    assert.equal(valueAtPath(stopped.find("Deployment", "matrix-deploy"), "spec.replicas"), 0);
  });

  it("N11: the configuration is variables of a ConfigMap, and a change of it replaces the pod", async () => {
    const checksum = async (maxRequestSize: number) => {
      const { find } = await deployed(() => ({ maxRequestSize }));
      const deployment = find("Deployment", "matrix-deploy");
      assert.deepEqual(valueAtPath(deployment, `${container}.envFrom`), [{ configMapRef: { name: "matrix-config" } }]);
      return valueAtPath(deployment, "spec.template.metadata.annotations.groundplan/checksum");
    };
    assert.equal(await checksum(2_000_000), await checksum(2_000_000));
    assert.notEqual(await checksum(2_000_000), await checksum(3_000_000));
  });

  it("is ready when it answers with its versions, and has half an hour for a migration", async () => {
    const { find } = await deployed();
    const deployment = find("Deployment", "matrix-deploy");
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"])
      assert.deepEqual(
        valueAtPath(deployment, `${container}.${probe}.httpGet`),
        { path: "/_matrix/client/versions", port: "matrix-port" },
        probe,
      );
    const startup = valueAtPath(deployment, `${container}.startupProbe`) as Record<string, number>;
    assert.equal((startup["periodSeconds"] ?? 0) * (startup["failureThreshold"] ?? 0), 1800);
    assert.equal(valueAtPath(deployment, "spec.template.spec.securityContext.runAsNonRoot"), true);
  });

  it("N12: its Service listens on the port of federation, whatever the name of the homeserver's port", async () => {
    const { find } = await plannedIn("matrix");
    assert.deepEqual(valueAtPath(find("Service", "conduit-service"), "spec.ports"), [
      { name: "conduit-port", port: 8448, targetPort: "conduit-port" },
    ]);
    const long = await deployed(() => ({ name: "a-very-long-name-of-a-server" }));
    const name = String(valueAtPath(long.find("Service", "a-very-long-name-of-a-server-service"), "spec.ports.0.name"));
    assert.ok(name.length <= 15, name);
    assert.equal(
      valueAtPath(long.find("Deployment", "a-very-long-name-of-a-server-deploy"), `${container}.ports.0.name`),
      name,
    );
  });

  it("N13: the root host leads to the site, its delegation and the homeserver's host to the homeserver", async () => {
    const { find } = await plannedIn("matrix");
    const rules = ["choppa-xyz-0c723fc6-https", "choppa-xyz-0ec3ba2f-https", "talk-https"].map((name) => {
      const route = find("IngressRoute", name);
      return [
        valueAtPath(route, "spec.routes.0.match"),
        valueAtPath(route, "spec.routes.0.services.0.name"),
        valueAtPath(route, "spec.routes.0.services.0.port"),
      ];
    });
    assert.deepEqual(rules.sort(), [
      [
        "Host(`choppa.xyz`) && (Path(`/.well-known/matrix`) || PathPrefix(`/.well-known/matrix/`))",
        "conduit-service",
        8448,
      ],
      ["Host(`choppa.xyz`)", "welcome-service", 8080],
      ["Host(`talk.choppa.xyz`)", "conduit-service", 8448],
    ]);
  });

  const homeserver = "matrix / matrix-service";
  const cases: readonly [string, Partial<MatrixArgs>, readonly string[]][] = [
    ["the homeserver answers", {}, [homeserver, "example.org /.well-known/matrix matrix-service"]],
    [
      "a static site answers",
      { delegation: "static" },
      [homeserver, "example.org /.well-known/matrix welcome-service"],
    ],
    ["a server elsewhere answers", { delegation: "none" }, [homeserver]],
    [
      "a static site answers with its files",
      { delegation: "static", site: [{ name: "index.html", text: "hello" }] },
      [homeserver, "example.org / welcome-service"],
    ],
    ["the homeserver is at the server name", { host: "example.org" }, ["example.org / matrix-service"]],
    ["Element has a host of its own", { delegation: "none", element: "chat" }, [homeserver, "chat / element"]],
  ];
  for (const [title, changes, expected] of cases)
    it(`delegates where it must: ${title}`, async () => {
      const { routes } = await deployed(() => changes);
      assert.deepEqual(routes, expected);
    });

  it("uploads pass the gateway up to the homeserver's own limit", async () => {
    const { asked } = await deployed(() => ({ maxRequestSize: 20_000_000 }));
    const [request] = asked.exposures as [ExposureRequest];
    assert.deepEqual([request.maxBodySize, request.streams], ["19532Ki", true]);
  });

  it("N17: ways out exist for federation only, to any address at two ports", async () => {
    const outside = async (changes: Partial<MatrixArgs>) => {
      const { ledger } = await deployed(() => changes);
      return ledger.edges.filter(({ to }) => to.kind === "outside").map(({ ports }) => ports);
    };
    assert.deepEqual(await outside({}), []);
    assert.deepEqual(await outside({ federation: { trustedServers: ["matrix.org"] } }), [[443, 8448]]);
  });

  it("users log in at the identity provider, whose secret stays in its Secret", async () => {
    const { asked, find } = await deployed((owner, notes) => ({ identity: fakeIdentity(owner, notes) }));
    assert.deepEqual(
      asked.clients.map(({ name, redirectUris }) => [name, redirectUris]),
      [["matrix", ["https://matrix.example.org/_matrix/client/unstable/login/sso/callback/matrix"]]],
    );
    const data = find("ConfigMap", "matrix-config")?.["data"] as Record<string, string>;
    const provider = Object.fromEntries(
      Object.entries(data).flatMap(([name, value]) => {
        const [, field] = /^TUWUNEL_IDENTITY_PROVIDER__0__(.+)$/.exec(name) ?? [];
        return field === undefined ? [] : [[field, value]];
      }),
    );
    assert.deepEqual(provider, {
      BRAND: "keycloak",
      CALLBACK_URL: "https://matrix.example.org/_matrix/client/unstable/login/sso/callback/matrix",
      CLIENT_ID: "matrix",
      DISCOVERY_URL: "http://keycloak.keycloak.svc:8080/.well-known/openid-configuration",
      ISSUER_URL: "https://id.example.org/realms/platform",
      NAME: "Keycloak",
      TOKEN_URL: "http://keycloak.keycloak.svc:8080/token",
      USERINFO_URL: "http://keycloak.keycloak.svc:8080/userinfo",
    });
    const variables = valueAtPath(find("Deployment", "matrix-deploy"), `${container}.env`) as { name: string }[];
    assert.deepEqual(
      variables.map(({ name }) => name),
      ["TUWUNEL_IDENTITY_PROVIDER__0__CLIENT_SECRET", "TUWUNEL_REGISTRATION_TOKEN"],
    );
  });

  it("TURN servers are told to clients, with a secret that is in the Secret alone", async () => {
    const turn = { uris: ["turn:turn.example.org?transport=udp"], secret: "s3cret", ttl: "1d" } as const;
    const { find } = await deployed(() => ({ turn }));
    const data = find("ConfigMap", "matrix-config")?.["data"] as Record<string, string>;
    assert.deepEqual(
      [data["TUWUNEL_TURN_URIS"], data["TUWUNEL_TURN_TTL"]],
      ['["turn:turn.example.org?transport=udp"]', "86400"],
    );
    assert.doesNotMatch(JSON.stringify(data), /s3cret/);
    assert.equal(valueAtPath(find("Secret", "matrix-secret"), "stringData.TUWUNEL_TURN_SECRET"), "s3cret");
  });

  it("N16: every pod of the example runs on its ARM boards", async () => {
    const { objects } = await plannedIn("matrix");
    const deployments = objects.filter(({ kind }) => kind === "Deployment");
    assert.deepEqual(
      deployments.map(({ manifest, name }) => [name, valueAtPath(manifest, "spec.template.spec.nodeSelector")]),
      ["conduit-deploy", "element", "welcome"].map((name) => [name, { "kubernetes.io/arch": "arm64" }]),
    );
  });
});
